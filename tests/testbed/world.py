"""A small repository with tests, and tasks of the executable families about one function of it, made by hand."""

import hashlib
import os
from pathlib import Path
from typing import Any

from hgen.scoring import diffs
from hgen.snapshots import Store
from hgen.snapshots.snapshot import Snapshot
from hgen.snapshots.tree import TreeLimits

BASE = os.environ.get("HGEN_TEST_BASE", "")
"""The base image under these tests' environments, to run them on another Python than the usual image has."""

PRICING = '''"""Prices."""

import os
import sys


def rounded(amount):
    """The amount in whole cents."""
    return round(amount, 2)


def total(prices, discount=0):
    """The sum of the prices, less the discount in percent; a discount above a hundred is a ValueError."""
{body}


class Basket:
    """Prices under names."""

    def __init__(self, prices):
        self.prices = dict(prices)

    def __eq__(self, other):
        return isinstance(other, Basket) and other.prices == self.prices

    def total(self):
        """The sum of all."""
        return total(self.prices.values())
'''

BODY = """    if discount > 100:
        raise ValueError("discount")
    amount = sum(prices)
    amount -= amount * discount / 100
    return rounded(amount)"""

EMPTY = "    raise NotImplementedError"

KEPT = '''"""Tests."""

from shop.pricing import Basket, rounded


def test_rounded():
    assert rounded(1.234) == 1.23


def test_baskets_are_equal():
    assert Basket({"a": 1}) == Basket({"a": 1})
    assert Basket({"a": 1}) != Basket({"a": 2})
'''

HIDDEN = """

def test_total():
    assert total([1.5, 2.25]) == 3.75


def test_total_with_discount():
    assert total([100], discount=25) == 75.0


def test_a_large_discount_is_an_error():
    with pytest.raises(ValueError, match="discount"):
        total([1], discount=101)


def test_a_basket_has_a_total():
    assert Basket({"a": 1.0, "b": 2.5}).total() == 3.5
"""

TESTS = "tests/test_pricing.py"
LIBRARY = "shop/pricing.py"
FAIL_TO_PASS = tuple(
    f"{TESTS}::{name}"
    for name in (
        "test_total", "test_total_with_discount", "test_a_large_discount_is_an_error", "test_a_basket_has_a_total"
    )
)  # fmt: skip
PASS_TO_PASS = (f"{TESTS}::test_rounded", f"{TESTS}::test_baskets_are_equal")

MUTANTS = (
    BODY.replace("> 100", "> 1000"),
    BODY.replace("-= amount", "+= amount"),
    BODY.replace("/ 100", "/ 10"),
    BODY.replace("rounded(amount)", "amount + 1"),
)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def library(body: str = BODY) -> bytes:
    return PRICING.format(body=body).encode()


def snapshot_files() -> dict[str, bytes]:
    tests = (
        KEPT.replace("from shop", "import pytest\n\nfrom shop").replace("rounded\n\n", "rounded, total\n\n", 1) + HIDDEN
    )
    return {
        "shop/__init__.py": b"",
        LIBRARY: library(),
        "tests/__init__.py": b"",
        TESTS: tests.encode(),
        "pyproject.toml": b"[tool.pytest.ini_options]\ntestpaths = ['tests']\n",
    }


def keep(root: Path, more: dict[str, bytes] | None = None) -> Snapshot:
    tree = root / "tree"
    for path, content in {**snapshot_files(), **(more or {})}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    store = Store(root / "store")
    return store.open(store.add(tree, TreeLimits(files=100, total_bytes=10**6, file_bytes=10**6)).digest)


def start_files(family: str) -> dict[str, bytes]:
    start = snapshot_files() | {TESTS: KEPT.encode()}
    return start if family == "test-gen" else start | {LIBRARY: library(EMPTY)}


def patch(before: dict[str, bytes], changes: dict[str, bytes | None]) -> str:
    after = {path: content for path, content in {**before, **changes}.items() if content is not None}
    return diffs.render(before, after)


def task(family: str, environment: dict[str, Any], candidate: str | None = None) -> dict[str, Any]:
    """A task's row; ``candidate`` is the body that ``verify-repair`` begins with."""
    start = start_files(family)
    met = start if candidate is None else start | {LIBRARY: library(candidate)}
    gold = snapshot_files() if family == "test-gen" else {**start, LIBRARY: library()}
    return {
        "instance_id": f"{family}-1",
        "family": family,
        "graded_by": "mutants" if family == "test-gen" else "tests",
        "setup_patch": diffs.render(snapshot_files(), start),
        "candidate_patch": diffs.render(start, met),
        "patch": diffs.render(met, gold),
        "targets": [{"file": LIBRARY, "qualname": "total", "kind": "function", "def_line": 12}],
        "environment": environment,
        "FAIL_TO_PASS": [] if family == "test-gen" else list(FAIL_TO_PASS),
        "PASS_TO_PASS": [] if family == "test-gen" else list(PASS_TO_PASS),
        "mutants": [patch(start, {LIBRARY: library(body)}) for body in MUTANTS] if family == "test-gen" else [],
    }
