"""The search index finds what a symbol says, and lines belong to the innermost symbol."""

from hgen.describe.corpus import Corpus, Index
from hgen.describe.words import terms
from hgen.records import Symbol

SOURCE = b'''class Table:
    """Holds rows."""

    def add(self, row):
        """Append a row at the bottom."""
        self.rows.append(row)

    def sort(self):
        return sorted(self.rows)


def render(table):
    """Draw the borders."""
    return table
'''


def symbol(qualname: str, start: int, end: int, docstring: int | None, kind: str = "function") -> Symbol:
    return Symbol(
        file="table.py",
        qualname=qualname,
        kind=kind,  # type: ignore[arg-type]
        start_line=start,
        def_line=start,
        body_line=start + 1,
        end_line=end,
        docstring=(docstring, docstring) if docstring else None,
        statements=2,
        signature="",
        decorators=(),
        body_digest=qualname,
        offered=False,
        unresolved="",
        deps=(),
    )


SYMBOLS = (
    symbol("Table", 1, 9, 2, "class"),
    symbol("Table.add", 4, 6, 5, "method"),
    symbol("Table.sort", 8, 9, None, "method"),
    symbol("render", 12, 14, 13),
)
CORPUS = Corpus({"table.py": SOURCE, "notes.txt": b"Draw  the\nBORDERS", "x.bin": b"\0draw"}, SYMBOLS)


def test_a_description_finds_the_symbol_that_says_it() -> None:
    assert CORPUS.whole.scores(terms("appends a row at the bottom")).argmax() == 1
    assert CORPUS.whole.scores(terms("draws borders")).argmax() == 3


def test_the_code_index_knows_no_docstrings_and_no_lines_of_inner_symbols() -> None:
    assert CORPUS.code.holding("bottom") == []
    assert CORPUS.code.holding("append") == [1]
    assert CORPUS.code.holding("sort") == [2]
    assert CORPUS.whole.holding("hold") == [0]


def test_scores_are_those_of_bm25() -> None:
    index = Index([__import__("collections").Counter(words.split()) for words in ("a a b", "b c", "c c c d")])
    scores = index.scores(["a", "zebra"])
    # idf = ln(1 + (3 - 1 + .5) / (1 + .5)); tf = 2 * 2.2 / (2 + 1.2 * (.25 + .75 * 3 / 3))
    assert abs(float(scores[0]) - 0.98083 * 4.4 / 3.2) < 1e-4
    assert scores[1] == scores[2] == 0


def test_all_texts_are_flat_and_binaries_left_out() -> None:
    assert CORPUS.flat_text.count(" draw the borders ") == 2
    assert "\0" in CORPUS.flat_text
    assert CORPUS.flat_text.count("draw") == 2


def test_a_file_that_imports_a_test_framework_is_no_library() -> None:
    files = {
        "pkg/core.py": b"import unittester\n",
        "pkg/asserts.py": b"import os\nfrom unittest import mock\n",
        "pkg/steps.py": b"def f():\n    import behave\n",
        "tests/core.py": b"",
    }
    corpus = Corpus(files, ())
    assert [file for file in files if corpus.is_library(file)] == ["pkg/core.py"]


def test_identifiers_are_counted_by_files() -> None:
    corpus = Corpus({"a.py": b"x = x + y", "b.py": b"x", "c.txt": b"x"}, ())
    assert (corpus.identifiers["x"], corpus.identifiers["y"]) == (2, 1)
