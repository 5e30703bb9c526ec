"""A format from another package is known to ``hgen export``, and held to the same promises."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
MODULE = re.findall(r"`src/hgen/export/formats/tsv\.py`:\n\n```python\n(.*?)```", GUIDE, re.DOTALL)[0]
"""The example that shows how to add a format."""


@pytest.fixture
def run(tmp_path: Path):
    def hgen(entries: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        info = tmp_path / "site/mine-1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site/mine_tsv.py").write_text(MODULE, encoding="utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[hgen.formats]\n{entries}\n", encoding="utf-8")
        argv = [sys.executable, "-m", "hgen", *map(str, arguments)]
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
        return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)

    return hgen


@pytest.fixture
def out(tmp_path: Path, validated, finish) -> Path:
    finish(tmp_path / "out", "validate", 0, [validated(0), validated(1)])
    (tmp_path / "out/.hgen").touch()
    return tmp_path / "out"


def test_tasks_are_written_in_another_packages_format(run, out):
    done = run("tsv = mine_tsv:FORMAT", "export", "--format", "tsv", "--json", "-o", out)
    assert done.returncode == 0, done.stderr
    assert [each["format"] for each in json.loads(done.stdout)["formats"]] == ["tsv"]
    assert (
        (out / "export/tsv/tasks.tsv").read_text(encoding="utf-8").startswith("instance_id\trepo\tproblem_statement\n")
    )


@pytest.mark.parametrize(
    "entries, said",
    [
        ("tsv = mine_tsv:NAME", "the entry point tsv of hgen.formats is str, not a Format"),
        ("one = mine_tsv:FORMAT\ntwo = mine_tsv:FORMAT", "two export formats are called tsv; one comes from mine_tsv"),
    ],
)
def test_what_is_no_format_of_its_own_is_a_line(run, out, entries, said):
    done = run(entries, "export", "--format", "tsv", "-o", out)
    assert (done.returncode, said in done.stderr, done.stderr.count("\n")) == (2, True, 1), done.stderr
