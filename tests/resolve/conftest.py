"""Small repositories in, edges out."""

from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from hgen.resolve import Analysis, analyse

Edges = Callable[[str | Mapping[str, str], str], str]


def _analysis(code: str | Mapping[str, str]) -> Analysis:
    files = {"a.py": code} if isinstance(code, str) else code
    return analyse({path: dedent(text).encode() for path, text in files.items()})


def _edges(code: str | Mapping[str, str], function: str = "f") -> str:
    """What a function calls, by qualified name; "?" at the end if it is not complete.

    Definitions in other files than ``a.py`` carry their path.
    """
    analysis = _analysis(code)
    symbols = analysis.symbols
    names = [symbol.qualname if symbol.file == "a.py" else f"{symbol.file}:{symbol.qualname}" for symbol in symbols]
    found = [each for each in analysis.functions if names[each.symbol] == function]
    assert found, f"no function {function} among {names}"
    return " ".join([*(names[dep] for dep in found[-1].deps), *(() if found[-1].complete else "?")])


@pytest.fixture
def edges() -> Edges:
    """See ``_edges``."""
    return _edges


@pytest.fixture
def analysis() -> Callable[[str | Mapping[str, str]], Analysis]:
    """The whole analysis of a small repository."""
    return _analysis
