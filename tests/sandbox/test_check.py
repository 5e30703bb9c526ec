"""A start state is proven where an agent will meet it, and what is wrong with it is said."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hgen.grader import grader_source
from hgen.sandbox.layout import StartState
from hgen.scoring import diffs
from hgen.soundness.layout_check import check_start_state
from tests.scoring.packing import archived, packed, zipped

pytestmark = pytest.mark.container

FILES = {
    "shop/__init__.py": b"",
    "shop/cart.py": b"def total(prices):\n    return sum(prices)\n\n\ndef empty(prices):\n    return not prices\n",
    "README.md": b"# A shop\n",
    "run.sh": b"#!/bin/sh\n",
}
STATE = StartState(FILES, frozenset({"run.sh"}), {"latest": "shop/cart.py"})
TASK = {
    "instance_id": "shop-1",
    "graded_by": "docstrings",
    "targets": [{"file": "shop/cart.py", "qualname": "total", "kind": "function", "def_line": 1}],
    "subject": None,
}
with TemporaryDirectory() as _folder, archived(Path(_folder), FILES, STATE.links, STATE.executable) as _snapshot:
    ANSWER, ARCHIVE = packed(TASK, _snapshot), zipped(_snapshot)
DOCUMENTED = FILES["shop/cart.py"].replace(b"    return sum", b'    """Add the prices up."""\n    return sum')
GOLD = diffs.render(FILES, {**FILES, "shop/cart.py": DOCUMENTED})


def check(containers, state=STATE, gold=GOLD, answer=ANSWER, grader=None):
    return check_start_state(containers, state, gold, grader=grader or grader_source(), answer=answer, snapshot=ARCHIVE)


def test_a_sound_start_state_passes_with_its_evidence(containers):
    proof = check(containers)
    assert proof.passed, proof
    assert "0 untouched and 1 after git apply" in proof.evidence


def test_each_thing_that_is_wrong_is_named(containers):
    solved = StartState({**FILES, "shop/cart.py": DOCUMENTED}, STATE.executable, STATE.links)
    for wrong, said in (
        ({"state": solved}, "the untouched tree earns 1"),
        ({"gold": GOLD.replace("sum(prices)", "sum(price)")}, "git does not apply the gold patch: exited, status 1"),
        ({"gold": GOLD.replace('+    """Add the prices up."""', "+    # Add the prices up.")}, "the gold tree earns 0"),
        ({"answer": ANSWER[:100]}, "the grader gives no verdict on the untouched tree: exited, status 3"),
        ({"grader": "import time\ntime.sleep(100)"}, "the grader gives no verdict on the untouched tree: timeout"),
    ):
        if "grader" in wrong:
            proof = check_start_state(
                containers, STATE, GOLD, grader=wrong["grader"], answer=ANSWER, snapshot=ARCHIVE, timeout=2.0
            )
        else:
            proof = check(containers, **wrong)
        assert not proof.passed
        assert said in proof.evidence
