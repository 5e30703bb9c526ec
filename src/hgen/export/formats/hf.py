"""The format ``hf``: one parquet config per task family with declared features, and a dataset card."""

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from datasets import Features, List, Value

from hgen.config import Config
from hgen.export.carried import carry_snapshot
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.parquet import ParquetShards
from hgen.export.splits import SPLITS
from hgen.export.summary import ExportSummary
from hgen.export.task_row import config_name, table_row
from hgen.export.view import TaskView
from hgen.pages.background import Background
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
        "provenance": {
            "hgen": Value("string"),
            "template": Value("string"),
            "seed": Value("int64"),
            "model": Value("string"),
            "prompts": List(Value("string")),
        },
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
    """Write a config for each family met, the card, and the archives of the snapshots.

    The folder is what ``datasets.load_dataset(folder, "dep_search")`` and the Hugging Face Hub read. A family without
    tasks has no config, and a split without tasks no file, because ``datasets`` cannot load one without rows (its pull
    request 8401).
    """
    with whole_folder(folder, NAME) as new:
        census = Census()
        background, tables = _write_tables(tasks, new, config, census)
        card = render(census, tables, FEATURES, config=config, background=background)
        (new / "README.md").write_text(card, encoding="utf-8")
    counts: Counter[str] = Counter()
    for table in tables:
        counts[table.family] += table.tasks
    return ExportSummary.of(NAME, folder, counts)


def _write_tables(
    tasks: Iterable[TaskView], folder: Path, config: Config, census: Census
) -> tuple[Background, list[Table]]:
    # Without the library's own metadata, which older versions of it cannot read.
    schema = FEATURES.arrow_schema.remove_metadata()
    writers: dict[tuple[str, str], ParquetShards] = {}
    background = Background()
    with ExitStack() as stack:
        for view in tasks:
            family = view.task.family
            table = (family, view.split)
            if table not in writers:
                shards = ParquetShards(
                    folder / config_name(family), view.split, schema, config.export.shard_bytes, indexed=_INDEXED
                )
                writers[table] = stack.enter_context(shards)
            writers[table].write(table_row(view.validated))
            carry_snapshot(view, folder)
            census.add(view.validated, view.split)
            background = view.background
    return background, [_table(family, split, writers[family, split]) for family, split in sorted(writers, key=_order)]


def _order(table: tuple[str, str]) -> tuple[str, int]:
    family, split = table
    return family, SPLITS.index(split)


def _table(family: str, split: str, shards: ParquetShards) -> Table:
    return Table(family, config_name(family), split, shards.rows, shards.memory_bytes, shards.file_bytes)


FORMAT = Format(NAME, "parquet with a dataset card, for the Hub", write)
