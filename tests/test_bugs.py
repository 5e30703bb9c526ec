"""A bug costs the records that meet it: what is sound is exported, and what is missing is said."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.families.test_third_party import MODULE

FAULTY = """

import dataclasses

_PROPOSE = FAMILY.propose


def faulty(material, options):
    if material.codebase.repo.repo == "installed:docker":
        raise AssertionError("a fault in a family")
    yield from _PROPOSE(material, options)


FAMILY = dataclasses.replace(FAMILY, propose=faulty)
"""


def test_a_bug_in_a_few_records_does_not_keep_the_others_from_being_exported(tmp_path: Path) -> None:
    site, out = tmp_path / "site", tmp_path / "out"
    info = site / "pairs-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "pair-search.md.j2").write_text("Mark the two that `{{ name }}` calls directly.\n", encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pairs\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[hgen.families]\npair-search = pairs:FAMILY\n", encoding="utf-8")

    def run(module: str) -> "subprocess.CompletedProcess[str]":
        (site / "pairs.py").write_text(module, encoding="utf-8")
        sources, families = "mine.sources=[installed:docker,installed:anyio]", "synth.families=[pair-search]"
        command = [
            sys.executable,
            "-B",
            "-m",
            "hgen",
            "run",
            "-o",
            str(out),
            "--set",
            sources,
            "--set",
            families,
            "-j",
            "1",
        ]
        environment = os.environ | {"PYTHONPATH": str(site)}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    def exported() -> set[str]:
        lines = (out / "export/jsonl/pair_search.jsonl").read_text(encoding="utf-8").splitlines()
        return {json.loads(line)["repo"] for line in lines}

    done = run(MODULE + FAULTY)
    assert done.returncode == 1, done.stderr
    assert "1 records met a bug in hgen in synth, and are missing in what follows: installed:docker@" in done.stderr
    assert "Traceback" not in done.stderr
    assert exported() == {"installed:anyio"}
    again = run(MODULE)
    assert (again.returncode, again.stderr) == (0, "")
    assert exported() == {"installed:anyio", "installed:docker"}
