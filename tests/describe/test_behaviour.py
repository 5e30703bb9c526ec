"""The hardest level says what a thing does without a word to search for."""

from collections.abc import Callable

import pytest

from hgen.describe.behaviour import is_behaviour, scarce
from hgen.describe.corpus import Corpus
from hgen.resolve import resolve

_SOURCE = (
    "".join(
        f"""
def load_{number}(path, mode):
    value = open(path, mode)
    return value
"""
        for number in range(12)
    )
    + """
def weave_rows(rows, shuttle):
    value = sorted(rows)
    jacquard(value)
    return value


class Loom:
    def load(self, path):
        return path
"""
)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    files = {"a.py": _SOURCE.encode(), "b.py": b"rows = path = mode = 1\n", "c.py": b"rows = path = 2\n"}
    symbols, _ = resolve(files)
    return Corpus(files, tuple(symbols))


@pytest.fixture
def tells(corpus: Corpus) -> Callable[[str, str], bool]:
    def ask(qualname: str, sentence: str) -> bool:
        position = next(place for place, symbol in enumerate(corpus.symbols) if symbol.qualname == qualname)
        return not is_behaviour(sentence, corpus, position)

    return ask


@pytest.mark.parametrize(
    "sentence",
    [
        "Weave what is given into cloth.",
        "Put all rows in order.",
        "Order it with the shuttles.",
        "Make a jacquard of it.",
        "Give `value` back.",
        "Give some_value back.",
        "Give 3 of them back.",
        "Call sorted() on it.",
        "Use os.path for it.",
    ],
)
def test_words_of_the_name_of_parameters_rare_words_and_code_tell(
    tells: Callable[[str, str], bool], sentence: str
) -> None:
    assert tells("weave_rows", sentence)


def test_other_words_do_not_tell(tells: Callable[[str, str], bool]) -> None:
    assert not tells("weave_rows", "Put what is given in order and give it back.")


def test_words_that_many_names_hold_may_be_said(tells: Callable[[str, str], bool]) -> None:
    assert not tells("load_3", "Load what is there.")
    assert tells("Loom.load", "Load what the loom has.")


def test_names_that_few_files_hold_are_scarce(corpus: Corpus) -> None:
    assert scarce(["rows", "mode", "path", "shuttle", "x"], corpus, 2) == ("mode", "shuttle")
