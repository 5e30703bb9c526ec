"""The format ``hf``: one parquet config per task family with declared features, and a dataset card."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from datasets import Features, List, Value

from hgen.config import Config
from hgen.export.folders import tree_files, whole_folder
from hgen.export.format import Format
from hgen.export.parquet import ParquetShards
from hgen.export.summary import ExportSummary
from hgen.export.task_row import config_name, table_row
from hgen.export.view import TaskView
from hgen.pages.card import Table, render
from hgen.pages.census import Census

NAME = "hf"

_TARGET = {"file": Value("string"), "qualname": Value("string"), "kind": Value("string"), "def_line": Value("int32")}

FEATURES = Features(
    {
        "instance_id": Value("string"),
        "family": Value("string"),
        "variant": Value("string"),
        "graded_by": Value("string"),
        "repo": Value("string"),
        "base_commit": Value("string"),
        "snapshot": Value("string"),
        "license": Value("string"),
        "problem_statement": Value("string"),
        "setup_patch": Value("string"),
        "patch": Value("string"),
        "subject": _TARGET,
        "targets": List(_TARGET),
        "difficulty": Value("string"),
        "secrets": List(Value("string")),
        "provenance": {"hgen": Value("string"), "template": Value("string"), "seed": Value("int64")},
        "environment": Value("string"),
        "candidate_patch": Value("string"),
        "FAIL_TO_PASS": List(Value("string")),
        "PASS_TO_PASS": List(Value("string")),
        "mutants": List(Value("string")),
        "resolved_share": Value("float64"),
        "checks": List({"name": Value("string"), "passed": Value("bool"), "evidence": Value("string")}),
        "baselines": Value("string"),
    }
)
"""The columns of every config. The types are plain, so that any reader of parquet infers the same ones."""

_INDEXED = ("instance_id", "family", "variant", "repo", "base_commit", "snapshot", "license")


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write a config for each family met, and the card.

    The folder is what ``datasets.load_dataset(folder, "dep_search")`` and the Hugging Face Hub read. A family without
    tasks has no config, because ``datasets`` cannot load one without rows (its pull request 8401).
    """
    with whole_folder(folder, NAME) as new:
        census = Census()
        tables = _write_tables(tasks, new, config.export.shard_bytes, census)
        (new / "README.md").write_text(render(census, tables, FEATURES), encoding="utf-8")
    return ExportSummary.of(NAME, folder, {table.family: table.tasks for table in tables})


def _write_tables(tasks: Iterable[TaskView], folder: Path, shard_bytes: int, census: Census) -> list[Table]:
    # Without the library's own metadata, which older versions of it cannot read.
    schema = FEATURES.arrow_schema.remove_metadata()
    writers: dict[str, ParquetShards] = {}
    with ExitStack() as stack:
        for view in tasks:
            family = view.task.family
            if family not in writers:
                shards = ParquetShards(folder / config_name(family), schema, shard_bytes, indexed=_INDEXED)
                writers[family] = stack.enter_context(shards)
            writers[family].write(table_row(view.validated))
            census.add(view.validated)
    return [_table(folder, family, shards) for family, shards in sorted(writers.items())]


def _table(folder: Path, family: str, shards: ParquetShards) -> Table:
    config = config_name(family)
    file_bytes = sum(path.stat().st_size for path in tree_files(folder / config))
    return Table(family, config, shards.rows, shards.memory_bytes, file_bytes)


FORMAT = Format(NAME, "parquet with a dataset card, for the Hub", write)
