"""What a reward is made of: how well files, modules and definitions were found, and the share of the mutants."""

import pytest

from hgen.records import PARTS as COLUMNS
from hgen.scoring import score, with_all_parts
from hgen.scoring.diffs import render
from hgen.scoring.verdicts import PARTS

FILES = {
    "shop/cart.py": b"""class Cart:
    def total(self):
        return sum(self.prices)

    def empty(self):
        return not self.prices


def rounded(amount):
    return round(amount, 2)
""",
    "shop/till.py": b"def pay(cart):\n    return cart.total()\n",
    "shop/door.py": b"def open_door():\n    return True\n",
}
MARKER = b"# this function/class is called by the go function\n"


def task(graded_by: str) -> dict[str, object]:
    def symbol(file: str, qualname: str, line: int, kind: str = "function") -> dict[str, object]:
        return {"file": file, "qualname": qualname, "kind": kind, "def_line": line}

    return {
        "instance_id": "parts",
        "graded_by": graded_by,
        "targets": [symbol("shop/cart.py", "Cart.total", 2, "method"), symbol("shop/till.py", "pay", 1)],
        "subject": symbol("shop/app.py", "go", 1),
    }


def answer(graded_by: str, *before: bytes) -> str:
    """A diff that answers at the definitions whose first lines these are."""
    after = dict(FILES)
    for line in before:
        (path,) = [path for path, content in after.items() if line in content]
        indent = line[: len(line) - len(line.lstrip())]
        if graded_by == "markers":
            after[path] = after[path].replace(line, indent + MARKER + line)
        else:
            text = b'"""Do what is asked."""' if graded_by == "docstrings" else b"# this has to change"
            after[path] = after[path].replace(line, line + b"\n" + indent + b"    " + text)
    return render(FILES, after)


TOTAL, EMPTY, ROUNDED = b"    def total(self):", b"    def empty(self):", b"def rounded(amount):"
PAY, DOOR = b"def pay(cart):", b"def open_door():"

CASES = {
    "all": ((TOTAL, PAY), (1, 1, 1), (1, 1, 1), (1, 1, 1)),
    "one of two": ((TOTAL,), (1, 0.5, 2 / 3), (1, 0.5, 2 / 3), (1, 0.5, 2 / 3)),
    "another method of the class": ((EMPTY, PAY), (1, 1, 1), (1, 1, 1), (0.5, 0.5, 0.5)),
    "another function of the file": ((ROUNDED, PAY), (1, 1, 1), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "another file": ((DOOR, PAY), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "nothing right": ((DOOR,), (0, 0, 0), (0, 0, 0), (0, 0, 0)),
    "all and more": ((TOTAL, PAY, EMPTY), (1, 1, 1), (1, 1, 1), (2 / 3, 1, 0.8)),
}


@pytest.mark.parametrize("graded_by", ["docstrings", "markers", "comments"])
@pytest.mark.parametrize("what", CASES)
def test_files_modules_and_definitions_are_counted(what: str, graded_by: str) -> None:
    lines, file, module, definition = CASES[what]
    found = score(task(graded_by), answer(graded_by, *lines), FILES)
    names = [f"{level}{rate}" for level in ("file_", "module_", "") for rate in ("precision", "recall", "f1")]
    assert [found.parts[name] for name in names] == pytest.approx([*file, *module, *definition])
    # A docstring in a wrong place is more than imprecise.
    wrong = graded_by == "docstrings" and definition[0] < 1
    assert found.reward == (0 if wrong else pytest.approx(definition[2], abs=1e-6))


def test_what_stands_in_no_definition_is_in_a_file_and_in_no_module() -> None:
    start = {**FILES, "shop/cart.py": b"X = 1\n" + FILES["shop/cart.py"]}
    after = {**start, "shop/cart.py": b"# this has to change\n" + start["shop/cart.py"]}
    found = score(task("comments"), render(start, after), start)
    assert (found.parts["file_precision"], found.parts["file_recall"]) == (1, 0.5)
    assert (found.parts["module_precision"], found.parts["module_recall"]) == (0, 0)


def test_a_refused_answer_has_nothing_of_every_part() -> None:
    nothing = score(task("markers"), "", FILES)
    assert with_all_parts(nothing, "markers").parts == dict.fromkeys(
        ("precision", "recall", "f1", *PARTS["markers"]), 0
    )
    assert with_all_parts(nothing, "mutants").parts["mutants"] == 0
    assert "mutants" not in with_all_parts(nothing, "tests").parts


def test_every_part_is_a_column_of_the_rewards() -> None:
    assert {"precision", "recall", "f1", *(name for names in PARTS.values() for name in names)} == set(COLUMNS)


def test_the_numbers_of_a_score_are_numbers_by_name() -> None:
    found = score(task("markers"), answer("markers", TOTAL), FILES)
    assert found.numbers() == {"reward": found.reward, "resolved": 0.0, **found.parts}
    assert all(type(value) is float for value in found.numbers().values())
