"""Sound tasks to export: small, but of every shape that a row can have."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hgen import __version__
from hgen.records import Check, Environment, Provenance, Record, Reject, Target, Task, Validated, Wheel
from hgen.runner import Receipt
from hgen.shards import ShardWriter
from tests.export.stored import snapshot

DOC = '"""Join the parts.\n\n    ```python\n    join()\n    ```\n    """'

STATEMENT = "Find it.\n\n```\nform feed \f, line separator \u2028, nul \0, emoji \U0001f600\n```\n"


@pytest.fixture
def validated() -> Callable[..., Validated]:
    return _validated


@pytest.fixture
def repaired() -> Validated:
    """A task that is judged by tests."""
    environment = Environment(
        snapshot="ab" * 32, python="3.12", machine="x86_64",
        wheels=(Wheel(name="attrs-25.1-py3-none-any.whl", sha256="c"),),
        editable=False, path=("src", "."), generated={"src/_version.py": "version = '1'\n"}, options=("-p", "no:cov"),
    )  # fmt: skip
    return _validated(
        21,
        "verify-repair",
        graded_by="tests",
        environment=environment,
        candidate_patch="diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-...\n+x = 1\n",
        FAIL_TO_PASS=("tests/test_x.py::test_a[1]",),
        PASS_TO_PASS=("tests/test_x.py::test_b",),
        mutants=("diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n",),
    )


@pytest.fixture
def finish() -> Callable[..., None]:
    """Leaves what the runner leaves for one shard of a stage."""
    return _finish


def _finish(out: Path, stage: str, number: int, records: Sequence[Record], rejects: Sequence[Reject] = ()) -> None:
    shard = out / stage / f"{number:05d}.jsonl"
    shard.parent.mkdir(parents=True, exist_ok=True)
    with ShardWriter(shard.with_suffix(".rejects.jsonl")) as dropped, ShardWriter(shard) as kept:
        for record in records:
            kept.write(record)
        for reject in rejects:
            dropped.write(reject)
        dropped.commit()
        digest = kept.commit()
    receipt = Receipt(
        hgen=__version__,
        stage=stage,
        fingerprint="",
        input="",
        output=digest,
        taken=len(records) + len(rejects),
        given=len(records),
        rejects=Counter(reject.reason for reject in rejects),
        seconds=0.5,
    )
    shard.with_suffix(".receipt.json").write_text(receipt.model_dump_json())


def _validated(number: int, family: str = "dep-search", **changes: object) -> Validated:
    localize = family == "func-localize"
    target = Target(file="pkg/käse.py", qualname=f"Parser.m{number}", kind="method", def_line=number + 1)
    task = Task(
        instance_id=f"{family}-{number:06d}",
        family=family,
        variant="masked" if localize else "default",
        graded_by="docstrings" if localize else "markers",
        repo=f"pypi:pack{number % 3}",
        base_commit="1.0",
        snapshot=snapshot(),
        license=("MIT", "BSD-3-Clause", "MIT OR Apache-2.0")[number % 3],
        problem_statement=f"{STATEMENT}{number}",
        setup_patch=f"diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-{DOC}\n+...\n"
        if localize
        else "",
        patch=f"diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-...\n+{DOC}\n",
        subject=None if localize else target,
        targets=(target,) * (1 + number % 3),
        difficulty={"dependencies": number % 5, "files": 1} if not localize else {"targets": 1 + number % 3},
        secrets=("Parser", "parser") if localize else (),
        provenance=Provenance(hgen="0.1.0", template="cd" * 32, seed=0),
    )
    checks = (Check(name="gold-earns-1", passed=True, evidence="reward 1.0"),) if number % 2 else ()
    baselines = {"rarest-word": number % 5 == 0, "undocumented": False}
    return Validated(task=task.model_copy(update=changes), checks=checks, baselines=baselines)
