"""The dataset card: what it says is what was exported, and a person can read it."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from hgen import __version__
from hgen.config import Config
from hgen.export.formats import hf
from hgen.export.view import views
from hgen.pages.background import Background, background
from hgen.pages.bars import WIDTH, bars, steps
from hgen.records import Check, Reject, Validated
from tests.export.stored import store

GOLDEN = Path(__file__).with_name("card.md")
"""The page below the front matter; ``HGEN_GOLDEN=1`` writes it anew, for the diff to be read."""

SPLITS = {"train": 0.75, "validation": 0.125, "test": 0.125}


@pytest.fixture
def tasks(validated, repaired) -> list[Validated]:
    checks = (
        Check(name="start-state", passed=True, evidence="parses"),
        Check(name="gold", passed=True, evidence="the gold patch earns 1 and is resolved"),
        Check(name="no-op", passed=True, evidence="the empty diff earns 0"),
        Check(name="probes", passed=True, evidence="spray 0.33, whitespace 0.00"),
    )
    families = ("dep-search", "func-localize")
    made = [validated(number, families[number % 2]).model_copy(update={"checks": checks}) for number in range(12)]
    right = repaired.model_copy(
        update={
            "task": repaired.task.model_copy(update={"patch": "", "instance_id": "verify-repair-right"}),
            "checks": (checks[1], Check(name="start-fails", passed=True, evidence="the candidate is right")),
        }
    )
    wrong = repaired.model_copy(
        update={"checks": (checks[1], Check(name="start-fails", passed=True, evidence="they fail"), checks[3])}
    )
    return [*made, wrong, right]


@pytest.fixture
def before(finish, tmp_path) -> Background:
    """What the receipts say of a folder in which a benchmark's repository was refused."""
    rejects = [
        Reject(source="pypi:django", reason="decontamination", detail="django is part of swe-bench"),
        Reject(source="pypi:closed", reason="no-license", detail="nothing says which"),
    ]
    finish(tmp_path / "out", "mine", 0, [], rejects)
    return background(tmp_path / "out")


def card(tasks: list[Validated], folder: Path, before: Background) -> str:
    config = Config(export={"splits": SPLITS})
    split_of = {"pypi:pack0": "train", "pypi:pack1": "train", "pypi:pack2": "test"}
    hf.write(views(tasks, store(), lambda task: split_of[task.repo], before), folder, config)
    return (folder / "README.md").read_text(encoding="utf-8")


def test_the_page_is_as_it_was_read(tasks, before, tmp_path):
    page = card(tasks, tmp_path / "hf", before).split("---\n", 2)[2]
    page = page.replace(__version__, "VERSION")
    if os.environ.get("HGEN_GOLDEN"):
        GOLDEN.write_text(page, encoding="utf-8")
    assert page == GOLDEN.read_text(encoding="utf-8")


def test_every_table_has_as_many_cells_in_each_row(tasks, before, tmp_path):
    page = re.sub(r"(`{3,})[^`].*?\n\1", "", card(tasks, tmp_path / "hf", before), flags=re.DOTALL)
    tables = re.findall(r"(?:^\|.*\n)+", page, flags=re.MULTILINE)
    assert len(tables) > 15
    for table in tables:
        rows = [re.sub(r"\\\|", "", row).count("|") for row in table.splitlines()]
        assert len(set(rows)) == 1, table
        assert set(table.splitlines()[1]) <= set("|-:"), table


def test_soundness_is_counted_and_not_claimed(tasks, before, tmp_path):
    page = card(tasks, tmp_path / "hf", before)
    assert "| `dep_search` | 6 of 6 | 6 of 6 |" in page
    assert "| `verify_repair` | 2 of 2 | 1 of 1 |" in page
    assert "In 1 of the tasks of `verify_repair` the change to verify is right" in page
    assert "| `dep_search` | spray | 6 | 0.33 | 0 |" in page
    unchecked = [tasks[0].model_copy(update={"checks": ()}), *tasks[1:]]
    assert "| `dep_search` | 5 of 6 | 5 of 6 |" in card(unchecked, tmp_path / "unchecked", before)


def test_what_was_left_out_and_why_is_said(tasks, before, tmp_path):
    page = card(tasks, tmp_path / "hf", before)
    assert "| mine | 2 | 0 | decontamination 1, no-license 1 |" in page
    assert "| pypi:django | django is part of swe-bench |" in page
    assert "(Not known: " in card(tasks, tmp_path / "unknown", Background())


def test_bars_are_in_proportion_and_nothing_that_is_there_is_invisible():
    found = {each.label: each.bar for each in bars({"all": 1000, "half": 500, "few": 1, "none": 0})}
    assert found == {"all": "█" * WIDTH, "half": "█" * (WIDTH // 2), "few": "▏", "none": ""}
    assert bars({}) == []


def test_many_values_are_put_together_in_steps_that_miss_none():
    assert steps(Counter({3: 1, 1: 2})) == {"1": 2, "3": 1}
    many = Counter(dict.fromkeys([0, 1, 2, 3, 4, 5, 6, 7, 8, 40, 41], 1))
    assert steps(many) == {"0": 1, "1": 1, "2–3": 2, "4–7": 4, "8–15": 1, "16–31": 0, "32–63": 2}
