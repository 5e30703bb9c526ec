"""A family from another package is known to every command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

MODULE = '''
from pathlib import Path

from hgen.config import Section
from hgen.families.base import Family, Proposal, is_library
from hgen.families.dep_search import FAMILY as PARENT
from hgen.scoring import score


class Options(Section):
    cap: int = 3


def propose(material, options):
    """The parent family's tasks with exactly two dependencies."""
    proposals = PARENT.propose(material, PARENT.options(cap=1000))
    two = [one for one in proposals if isinstance(one, Proposal) and len(one.targets) == 2]
    yield from two[: options.cap]


def as_parent(task):
    return dict(task) | {"family": PARENT.name}


FAMILY = Family(
    name="pair-search",
    template=Path(__file__).with_name("pair-search.md.j2"),
    options=Options,
    propose=propose,
    score=lambda task, patch, files: score(as_parent(task), patch, files),
    probes=lambda task, files: PARENT.probes(as_parent(task), files),
    baselines={},
)
'''


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
