"""What packaging files say, and that a hostile one neither stops hgen nor breaks it."""

import pytest

from hgen.sources.packaging_files import MOST_BYTES, read_ini, read_toml
from tests.limits import processor_limit

_SECONDS = 5.0
"""Of the processor for one file: what is read takes a tenth, and what must be refused takes minutes if it is not."""


def test_keys_of_some_parts_and_texts_of_many_dots_are_read() -> None:
    dots, gap = "." * 200, " " * 500
    text = f'[tool.a."b.c".\'d\'. e]\nx.y.z = 1\nnote = "{dots}"\nwide = "a{gap}b"\n'
    found = read_toml(text)
    assert found == {"tool": {"a": {"b.c": {"d": {"e": {"x": {"y": {"z": 1}}, "note": dots, "wide": f"a{gap}b"}}}}}}
    assert read_ini("[metadata]\nname = x\nfiles =\n    a\n    b\n", strict=True) == {
        "metadata": {"name": "x", "files": "\na\nb"}
    }
    assert read_ini("[a]\nx = 1\n[a]\nx = 2\n", strict=False) == {"a": {"x": "2"}}
    assert read_ini("[a]\nx = 1\n[a]\nx = 2\n", strict=True) == {}


@pytest.mark.parametrize(
    "text",
    [
        f"[{'a.' * 300_000}a]\n",
        f"[[{'a . ' * 200_000}a]]\n",
        f"{'a.' * 300_000}b = 1\n",
        "x = {" + '"a".' * 200_000 + "b = 1}\n",
        "[" + "'a\"'." * 150_000 + "a]\n",
        "".join(f"[{'a.' * 40}b{number}]\n" for number in range(3_000)),
        "a" * MOST_BYTES,
        '"' * MOST_BYTES,
        "a='" * 300_000,
    ],
    ids=["table", "array of tables", "key", "inline table", "quotes", "many", "a word", "marks", "texts"],
)
def test_no_toml_takes_minutes(text: str) -> None:
    with processor_limit(_SECONDS, "reading"):
        read_toml(text)


@pytest.mark.parametrize(
    "text",
    ["[metadata]\n" + " a\n" * 300_000, f"[metadata]\na{' ' * 500_000}b\n", ("[a]\nb" + " " * 99 + "c\n") * 2_400],
    ids=["lines of nothing", "a gap", "gaps"],
)
def test_no_ini_takes_minutes(text: str) -> None:
    with processor_limit(_SECONDS, "reading"):
        read_ini(text, strict=False)


@pytest.mark.parametrize("value", ["9" * 5_000, "2024-13-45", "99:99:99", "[" * 5_000, "{a=" * 5_000])
def test_toml_of_impossible_values_says_nothing(value: str) -> None:
    assert read_toml(f"name = 1\nbad = {value}\n") == {}
