"""Definitions that a module imports under a condition: which one a call reaches depends on the machine."""

import re
from collections.abc import Iterator

from hgen.resolve import names
from hgen.resolve.program import LoadedModule, Program
from hgen.resolve.types import CLASS, FUNCTION, MODULE, Atom

_NOT_LIBRARY = re.compile(
    r"(?:^|/)(?:tests?|testing|docs?|examples?|benchmarks?)/|(?:^|/)(?:test_[^/]*|setup|conftest)\.py$"
)


def conditionally_imported(program: Program) -> set[int]:
    """Positions of the definitions that library modules import inside a module-level ``if`` or ``try``.

    A star import, and the import of a module as a whole, stand for everything that the module defines. Blocks for type
    checkers and for scripts do not count.
    """
    found: set[int] = set()
    for module in program.modules.values():
        if module.module.conditional_imports and not _NOT_LIBRARY.search(module.path):
            frame = program.frame(module, 0)
            for source, name, level in module.module.conditional_imports:
                for atom in names.imported(program, frame, source, name, level):
                    found.update(_symbols(atom))
    return found


def _symbols(atom: Atom) -> Iterator[int]:
    """What an imported thing defines: itself and everything inside it."""
    if atom[0] == MODULE and not atom[1].outside:
        origin: LoadedModule = atom[1]
        yield from range(origin.first_symbol, origin.first_symbol + len(origin.module.symbols))
    elif atom[0] in (FUNCTION, CLASS) and atom[1].symbol >= 0:
        home: LoadedModule = atom[1].module
        outer = home.module.symbols[atom[1].symbol - home.first_symbol].qualname
        for place, symbol in enumerate(home.module.symbols, home.first_symbol):
            if symbol.qualname == outer or symbol.qualname.startswith(f"{outer}."):
                yield place
