"""The Hugging Face folder: what ``datasets`` and other parquet readers make of it, with no network."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from datasets import Features

from hgen.config import Config
from hgen.errors import ShardError
from hgen.export.folders import exported_files
from hgen.export.formats import hf, jsonl
from hgen.export.task_row import ENCODED
from hgen.export.view import views
from hgen.pages.card import fenced, hub_licenses
from hgen.records import Environment
from hgen.snapshots import Store
from tests.export.stored import FILES, snapshot, store

LOAD = """
import json, sys
from datasets import load_dataset
folder, *configs = sys.argv[1:]
loaded = {}
for config in configs:
    data = load_dataset(folder, config)
    loaded[config] = {"features": data["train"].features.to_dict(), "rows": list(data["train"]), "splits": sorted(data)}
print(json.dumps(loaded))
"""


def load(folder: Path, cache: Path, *configs: str) -> dict[str, dict[str, object]]:
    """Load in a new process, offline, with a fresh cache."""
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    command = [sys.executable, "-c", LOAD, str(folder), *configs]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def write(tasks, folder, shard_bytes=10_000_000):
    return hf.write(views(tasks, store()), folder, Config(export={"shard_bytes": shard_bytes}))


def noise(seed: int, size: int) -> str:
    """A text that hardly compresses."""
    return random.Random(seed).randbytes(size).hex()


def front_matter(folder: Path) -> dict[str, object]:
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def expected(validated):
    wanted = validated.model_dump(mode="json")
    row = {**wanted["task"], "checks": wanted["checks"], "baselines": wanted["baselines"]}
    encoded = ("difficulty", "baselines", *(["environment"] if row["environment"] else []))
    return {**row, **{name: json.dumps(row[name], sort_keys=True) for name in encoded}}


def test_load_dataset_gives_the_declared_features_and_the_same_rows(validated, tmp_path):
    searches = [validated(number) for number in range(8)]
    localizes = [validated(number, "func-localize") for number in range(4)]
    write([*searches, *localizes], tmp_path / "hf")
    loaded = load(tmp_path / "hf", tmp_path / "cache", "dep_search", "func_localize")
    for config, tasks in {"dep_search": searches, "func_localize": localizes}.items():
        assert loaded[config]["splits"] == ["train"]
        assert Features.from_dict(loaded[config]["features"]) == hf.FEATURES
        assert loaded[config]["rows"] == [expected(task) for task in tasks]


def test_tasks_with_an_environment_have_the_same_columns_as_those_without(validated, repaired, tmp_path):
    write([validated(1), repaired], tmp_path / "hf")
    loaded = load(tmp_path / "hf", tmp_path / "cache", "dep_search", "verify_repair")
    for config, task in (("dep_search", validated(1)), ("verify_repair", repaired)):
        assert Features.from_dict(loaded[config]["features"]) == hf.FEATURES
        assert loaded[config]["rows"] == [expected(task)]
    (row,) = loaded["verify_repair"]["rows"]
    assert Environment.model_validate_json(row["environment"]) == repaired.task.environment


def test_the_largest_config_is_loaded_where_none_is_named_and_snapshots_are_no_data(validated, tmp_path):
    write(
        [*(validated(number) for number in range(2)), *(validated(n, "func-localize") for n in range(3))],
        tmp_path / "hf",
    )
    defaults = [each["config_name"] for each in front_matter(tmp_path / "hf")["configs"] if each.get("default")]
    assert defaults == ["func_localize"]
    script = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
loaded = load_dataset(sys.argv[1])
print(json.dumps([get_dataset_config_names(sys.argv[1]), {split: loaded[split]["instance_id"][:] for split in loaded}]))
"""
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", script, str(tmp_path / "hf")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = [f"func-localize-{number:06d}" for number in range(3)]
    assert json.loads(done.stdout) == [["dep_search", "func_localize"], {"train": names}]


@pytest.mark.parametrize("write", [hf.write, jsonl.write])
def test_the_archives_of_the_snapshots_travel_with_the_rows(write, validated, tmp_path):
    summary = write(views([validated(1), validated(2)], store()), tmp_path / "tasks", Config())
    (archive,) = (tmp_path / "tasks" / "snapshots").iterdir()
    assert archive.name == f"{snapshot()}.zip"
    assert archive.read_bytes() == (store() / archive.name).read_bytes()
    assert dict(Store(archive.parent).open(snapshot())) == FILES
    assert f"snapshots/{archive.name}" in exported_files(tmp_path / "tasks", summary.format)
    with pytest.raises(ShardError, match="is missing; run mine again"):
        write(views([validated(1, snapshot="ab" * 32)], store()), tmp_path / "other", Config())
    assert not (tmp_path / "other").exists()


def test_rows_in_both_formats_agree_but_for_the_columns_that_the_card_names(validated, repaired, tmp_path):
    tasks = [validated(1), repaired]
    write(tasks, tmp_path / "hf")
    jsonl.write(views(tasks, store()), tmp_path / "jsonl", Config())
    for config in ("dep_search", "verify_repair"):
        (row,) = pq.read_table(next((tmp_path / "hf" / config).iterdir())).to_pylist()
        (line,) = (tmp_path / "jsonl" / f"{config}.jsonl").read_text().splitlines()
        decoded = {
            name: json.loads(row[name]) if name in ENCODED and row[name] is not None else row[name] for name in row
        }
        assert decoded == json.loads(line)
    for name in ENCODED:
        assert f"`{name}`" in (tmp_path / "hf" / "README.md").read_text().split("are texts of JSON here")[0][-100:]


def test_the_card_says_what_an_agent_must_not_see(validated, repaired, tmp_path):
    write([validated(1)], tmp_path / "static")
    write([validated(1), repaired], tmp_path / "both")
    static, both = ((tmp_path / name / "README.md").read_text(encoding="utf-8") for name in ("static", "both"))
    for card in (static, both):
        for column in ("patch", "setup_patch", "FAIL_TO_PASS", "PASS_TO_PASS", "mutants", "difficulty"):
            assert f"`{column}`" in card.split("the answers are in it")[1].split("must not reach the agent")[0]
    assert "No code of the repository is run." in static
    assert "No code of the repository is run." not in both
    assert "the snapshot itself\nholds the hidden tests" in both


def test_load_dataset_reads_all_shards_in_order(validated, tmp_path):
    tasks = [validated(number, patch=noise(number, 20_000)) for number in range(20)]
    write(tasks, tmp_path / "hf", shard_bytes=150_000)
    shards = sorted(path.name for path in (tmp_path / "hf" / "dep_search").iterdir())
    assert len(shards) > 2
    assert shards == [f"train-{number:05d}-of-{len(shards):05d}.parquet" for number in range(len(shards))]
    rows = load(tmp_path / "hf", tmp_path / "cache", "dep_search")["dep_search"]["rows"]
    assert [row["instance_id"] for row in rows] == [task.task.instance_id for task in tasks]


@pytest.mark.parametrize("shard_bytes", [100_000, 300_000, 600_000])
def test_no_shard_is_larger_than_asked(shard_bytes, validated, tmp_path):
    tasks = [validated(number, patch=noise(number, 200 + number * 97 % 9_000)) for number in range(300)]
    write(tasks, tmp_path / "hf", shard_bytes=shard_bytes)
    sizes = [path.stat().st_size for path in (tmp_path / "hf" / "dep_search").iterdir()]
    assert len(sizes) > 2
    assert max(sizes) <= shard_bytes


def test_a_task_larger_than_a_shard_gets_one_of_its_own(validated, tmp_path):
    tasks = [validated(number, patch=noise(number, 100_000 if number == 1 else 10)) for number in range(3)]
    write(tasks, tmp_path / "hf", shard_bytes=100_000)
    tables = [pq.read_table(path).to_pylist() for path in sorted((tmp_path / "hf" / "dep_search").iterdir())]
    assert [[row["instance_id"][-1] for row in table] for table in tables] == [["0"], ["1"], ["2"]]


def test_other_parquet_readers_infer_the_declared_features(validated, tmp_path):
    write([validated(1), validated(2)], tmp_path / "hf")
    schema = pq.read_schema(next((tmp_path / "hf" / "dep_search").iterdir()))
    assert not schema.metadata
    assert Features.from_arrow_schema(schema) == hf.FEATURES


def test_the_front_matter_counts_what_is_there(validated, tmp_path):
    tasks = [validated(number, ("dep-search", "func-localize")[number % 2]) for number in range(25)]
    write(tasks, tmp_path / "hf")
    matter = front_matter(tmp_path / "hf")
    assert matter["license"] == ["apache-2.0", "bsd-3-clause", "mit"]
    assert matter["size_categories"] == ["n<1K"]
    assert [config["config_name"] for config in matter["configs"]] == ["dep_search", "func_localize"]
    for info, count in zip(matter["dataset_info"], [13, 12], strict=True):
        files = list((tmp_path / "hf" / info["config_name"]).iterdir())
        assert info["download_size"] == sum(path.stat().st_size for path in files)
        assert info["splits"][0]["num_examples"] == count == sum(pq.read_metadata(path).num_rows for path in files)
        assert info["splits"][0]["num_bytes"] == info["dataset_size"]
        assert Features._from_yaml_list(info["features"]) == hf.FEATURES


def test_the_card_shows_a_whole_task_of_each_family_and_the_real_rates(validated, tmp_path):
    tasks = [validated(number, ("dep-search", "func-localize")[number % 2]) for number in range(20)]
    write(tasks, tmp_path / "hf")
    card = (tmp_path / "hf" / "README.md").read_text(encoding="utf-8")
    for task in (tasks[0].task, tasks[1].task):
        assert f": {task.instance_id}\n" in card
        assert fenced(task.problem_statement, "markdown") in card
        assert fenced(task.patch, "diff") in card
    assert "| rarest-word | 20.0% |" in card
    assert "| pypi:pack1 | 1.0 | BSD-3-Clause | 7 |" in card


def test_a_fence_is_longer_than_any_in_its_text():
    assert fenced("a\n````\nb\n", "x") == "`````x\na\n````\nb\n`````"
    assert fenced("", "x") == "```x\n\n```"


def test_control_characters_are_shown_and_not_obeyed():
    assert fenced("\x1b[2Ja\0\tb\x9b\n", "") == "```\n\u241b[2Ja\u2400\tb\ufffd\n```"


@pytest.mark.parametrize(
    ("expressions", "names"),
    [
        (["MIT"], ["mit"]),
        (["MIT OR Apache-2.0", "(BSD-3-Clause AND MIT)"], ["apache-2.0", "bsd-3-clause", "mit"]),
        (["LGPL-2.1-or-later", "HPND"], ["lgpl-2.1", "other"]),
        (["GPL-2.0-only WITH Classpath-exception-2.0"], ["other"]),
    ],
)
def test_spdx_expressions_become_the_hubs_names(expressions, names):
    assert hub_licenses(expressions) == names
