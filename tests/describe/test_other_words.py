"""A sentence in other words says the same in the same form."""

import pytest

from hgen.describe.other_words import _VERBS, other_verb, without_owners


@pytest.mark.parametrize(
    ("sentence", "other"),
    [
        ("Parse the stream.", "Interpret the stream."),
        ("Parses the stream.", "Interprets the stream."),
        ("Computes a sum.", "Works out a sum."),
        ("Copies a file.", "Duplicates a file."),
        ("Replaces a word with another.", "Substitutes a word with another."),
        ("Starts it.", "Begins it."),
        ("The stream.", "The stream."),
        ("Gets", "Obtains"),
        ("", ""),
    ],
)
def test_another_verb_at_the_head_of_a_sentence(sentence: str, other: str) -> None:
    assert other_verb(sentence) == other


def test_no_verb_is_replaced_by_itself() -> None:
    assert all(verb != other and other for verb, other in _VERBS.items())


@pytest.mark.parametrize(
    ("sentence", "other"),
    [
        ("Sort the rows of the DataTable.", "Sort the rows of the object."),
        ("Whether a data table is empty.", "Whether an object is empty."),
        ("The cells of this `DataTable`.", "The cells of this object."),
        ("A data table in a data table.", "An object in an object."),
        ("The data table rows.", "The data table rows."),
        ("All data tables.", "All data tables."),
        ("Sort the rows.", "Sort the rows."),
    ],
)
def test_the_class_around_a_method_is_called_an_object(sentence: str, other: str) -> None:
    assert without_owners(sentence, ("DataTable",)) == other
