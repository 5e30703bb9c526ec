"""Tables of commits: files, and datasets in a folder as the hub would give them."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from hgen.errors import ConfigError, Skip
from hgen.sources.commit_table import Row, Rows, read_rows
from hgen.sources.mirror import Hosted

ROWS = [
    {"repo": "ann/one", "base_commit": "a" * 40, "patch": "x"},
    {"repo": "ann/two", "base_commit": "b" * 40, "patch": "y"},
    {"repo": "ann/one", "base_commit": "a" * 40, "patch": "z"},
]
EXPECTED = [Row("ann/one", "a" * 40), Row("ann/two", "b" * 40)]


def write_jsonl(path: Path, rows: list[dict[str, str]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "\n", encoding="utf-8")
    return str(path)


def test_each_commit_of_a_file_comes_once_in_order(tmp_path):
    assert list(read_rows(Rows(write_jsonl(tmp_path / "rows.jsonl", ROWS), None))) == EXPECTED
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    assert list(read_rows(Rows(str(tmp_path / "rows.parquet"), None))) == EXPECTED


def test_a_dataset_is_read_by_split_or_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    write_jsonl(tmp_path / "dataset/train.jsonl", ROWS)
    write_jsonl(tmp_path / "dataset/test.jsonl", [ROWS[1], {**ROWS[1], "repo": "ann/three"}])
    assert list(read_rows(Rows(str(tmp_path / "dataset"), "train"))) == EXPECTED
    assert {row.repo for row in read_rows(Rows(str(tmp_path / "dataset"), None))} == {"ann/one", "ann/two", "ann/three"}
    with pytest.raises(ConfigError, match="nope"):
        list(read_rows(Rows(str(tmp_path / "dataset"), "nope")))


def test_a_hub_that_is_out_of_reach_gives_no_verdict(tmp_path):
    code = (
        "from hgen.errors import NetworkError; from hgen.sources.commit_table import read_rows, Rows\n"
        "try: list(read_rows(Rows('ann/dataset', 'train')))\n"
        "except NetworkError as error: print('NetworkError', error)"
    )
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("NetworkError the dataset ann/dataset")


@pytest.mark.parametrize(
    "content",
    [
        '{"repo": "a/b"}\n',
        "not json\n",
        "[1]\n",
        '{"repo": "a/b", "base_commit": "c"}\n{"repo"\n',
        pytest.param("[" * 100_000, id="brackets"),
    ],
)
def test_a_file_of_another_shape_is_named_with_its_line(tmp_path, content):
    (tmp_path / "rows.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"rows\.jsonl, line [12]"):
        list(read_rows(Rows(str(tmp_path / "rows.jsonl"), None)))


def test_a_parquet_file_of_another_shape_is_named(tmp_path):
    parquet.write_table(pyarrow.table({"x": [1]}), tmp_path / "rows.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    for name in ("rows", "broken"):
        with pytest.raises(ConfigError, match=name):
            list(read_rows(Rows(str(tmp_path / f"{name}.parquet"), None)))


@pytest.mark.parametrize(
    "row", [Row("", "a" * 40), Row("ann/one", ""), Row("ann/one", "main"), Row("../etc", "a" * 40), Row("a/b", "--x")]
)
def test_a_row_that_names_no_commit_is_skipped(row):
    with pytest.raises(Skip) as skip:
        row.location()
    assert skip.value.reason == "bad-row"


def test_a_row_is_a_commit_on_the_configured_host():
    assert EXPECTED[0].location() == Hosted("ann/one", "a" * 40)
    assert EXPECTED[0].spec == f"ann/one@{'a' * 40}"
