"""A family from another package is known to every command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
MODULE = next(block for block in README.split("```python\n")[1:] if "FAMILY = Family(" in block).partition("```")[0]
"""The example that shows users how to add a family."""


def test_an_installed_family_is_synthesized_validated_and_shown(undisturbed: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "pairs-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "pairs.py").write_text(MODULE, encoding="utf-8")
    (site / "pair-search.md.j2").write_text("Mark the two that `{{ name }}` calls directly.\n", encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pairs\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[hgen.families]\npair-search = pairs:FAMILY\n", encoding="utf-8")
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)

    def hgen(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hgen", *arguments, "-o", str(out)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": str(site)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    hgen("synth", "--task", "pair-search", "--set", "synth.options.pair-search.cap=2")
    (stage,) = json.loads(hgen("validate", "--json"))
    assert 1 <= stage["out"] == stage["in"] <= 8
    assert "Mark the two that" in hgen("show")
    assert "pair-search" in hgen("stats")
    hgen("export", "--format", "jsonl")
    assert (out / "export/jsonl/pair_search.jsonl").exists()
