"""A task's sandbox, entered by hand: a family that is graded by tests has its repository's environment there."""

from pathlib import Path
from typing import Any

import pytest

from hgen.checkout import opened_sandbox, run_in
from hgen.config import SandboxConfig
from hgen.records import Provenance, Task
from hgen.snapshots.snapshot import Snapshot
from tests.testbed import world

SCRIPT = b"""git status --porcelain
python -c 'import shop.pricing as p; print(p.total([1, 2.5]))'
python -m pytest -q
"""

pytestmark = pytest.mark.container


@pytest.mark.parametrize("gold", [False, True])
def test_tests_run_there_on_the_change_to_verify_and_on_the_reference_answer(
    gold: bool, kept: Path, environment: dict[str, Any], snapshot: Snapshot
) -> None:
    row = world.task("verify-repair", environment, candidate=world.BODY.replace("rounded(amount)", "1 / 0"))
    provenance = Provenance(hgen="0", template="", seed=0)
    more = {"variant": "default", "repo": "local:world", "base_commit": "1.0", "snapshot": snapshot.digest,
            "license": "MIT", "problem_statement": "", "subject": None, "difficulty": {}, "secrets": (),
            "provenance": provenance}  # fmt: skip
    task = Task.model_validate({**row, **more})
    archive = kept / f"store/{snapshot.digest}.zip"
    sandbox = SandboxConfig(base_image=world.BASE)
    with opened_sandbox(task, archive, gold=gold, sandbox=sandbox, cache=kept / "cache") as opened:
        done = run_in(opened, (), SCRIPT)
    said = done.stdout.decode()
    assert said.startswith(f" M {world.LIBRARY}\n"), said
    assert ("3.5" in said, "ZeroDivisionError" in done.stderr.decode()) == (gold, not gold)
    assert f"{len(world.PASS_TO_PASS)} passed" in said
