"""What a statement says beyond its wording is told by the template alone."""

from pathlib import Path

import pytest

from hgen.describe.wording import items, said

TEMPLATE = """{# Not said. #}Find the one thing that is described below:

{{ prose }}

Give no other definition a docstring, please.
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "some.md.j2"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def test_what_stands_in_the_template_is_left_out_and_the_rest_is_kept(template: Path) -> None:
    statement = TEMPLATE.partition("#}")[2].replace("{{ prose }}", "> Sort the *rows* below.")
    assert said(statement, template).split() == [">", "Sort", "the", "*rows*", "below."]


def test_a_word_of_the_template_is_kept_where_it_stands_in_other_company(template: Path) -> None:
    assert said("The docstring describes one thing", template) == "The docstring describes one thing"


def test_the_parts_of_a_statement_are_its_numbered_items() -> None:
    statement = "Two of them:\n\n1. A method:\n\n> First.\n\n  2. A class. Second.\n\nEnd."
    assert items(statement, 2) == ["1. A method:\n\n> First.\n", "  2. A class. Second.\n\nEnd."]
    assert items(statement, 1) == [statement]
    assert items(statement, 3) == [statement] * 3
