"""What is too long to be described is left out, so that no docstring costs more than its length."""

import pytest

from hgen.describe.description import Description, describe
from hgen.describe.facts import facts
from hgen.errors import Skip
from hgen.records import Symbol

_SYMBOL = Symbol(
    file="m.py", qualname="f", kind="function", start_line=1, def_line=1, body_line=2, end_line=2, docstring=(2, 2),
    statements=1, signature="f()", decorators=(), body_digest="", offered=True, unresolved="", deps=(),
)  # fmt: skip


def described(docstring: str, *secrets: str, owners: tuple[str, ...] = ()) -> Description:
    shown = facts("def f(): 1")
    return describe(_SYMBOL, shown, docstring=docstring, secrets=secrets, named=False, words=(1, 90), owners=owners)


@pytest.mark.parametrize(
    ("docstring", "secret", "reason"),
    [("Say it. " * 20_000, "f", "long-docstring"), ("Say what it does.", "a_" * 300, "long-name")],
)
def test_what_is_longer_than_any_sensible_text_is_left_out_with_a_reason(
    docstring: str, secret: str, reason: str
) -> None:
    with pytest.raises(Skip) as skipped:
        described(docstring, secret)
    assert skipped.value.reason == reason


def test_a_sentence_that_gives_a_name_away_is_left_out_unless_it_is_the_first() -> None:
    said = described("Put the rows in order. Rows are sorted quickly. Keep the rest.", "sort_rows")
    assert said.sentences == ("Put the rows in order.", "Keep the rest.")
    with pytest.raises(Skip, match="leak"):
        described("The sorted rows. They are quick.", "sort_rows")


def test_sentences_that_only_together_spell_a_name_do_not_stand_together() -> None:
    said = described("Put the rows in order. Quick if sorted. Keep the rest.", "sort_rows")
    assert said.sentences == ("Put the rows in order.", "Keep the rest.")


def test_other_words_are_taken_where_the_authors_own_give_a_name_away() -> None:
    assert described("Sort the rows of it.", "sort_rows").sentences == ("Order the rows of it.",)
    said = described("Sort the rows of the Loom.", "sort_rows", "Loom", owners=("Loom",))
    assert said.sentences == ("Order the rows of the object.",)


@pytest.mark.parametrize(
    "docstring", ["An object used as a key in a mapping.", "Meant to be used as a context manager."]
)
def test_what_could_be_said_of_anything_is_thin(docstring: str) -> None:
    shown = facts("def f(): 1")
    with pytest.raises(Skip, match="thin-docstring"):
        describe(_SYMBOL, shown, docstring=docstring, secrets=(), named=False, words=(6, 90))


def test_what_is_too_long_is_cut_before_it_is_asked_whether_it_says_enough() -> None:
    long = "Get all of it. " + "Stitch the torn cloth with coarse thread " * 14 + "soon."
    with pytest.raises(Skip, match="thin-docstring"):
        described(long)
