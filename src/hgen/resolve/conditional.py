"""Names that a module binds under a condition: which definition a call reaches by them depends on the machine."""

from collections.abc import Iterator
from typing import TypeAlias

from hgen.resolve.inference import names
from hgen.resolve.objects import Frame, LoadedModule
from hgen.resolve.program import Program
from hgen.resolve.types import CLASS, DEFINITION, FUNCTION, LOADED, MODULE, TAG, Atom, Type
from hgen.scoring.roles import is_library
from hgen.syntax.ir import E_ATTRIBUTE, E_VALUE, KIND, OBJECT, V_EXPR, Site, written

Positions: TypeAlias = dict[str, dict[str, list[int]]]
"""For each file, the definitions whose qualified name starts with a name."""


def conditionally_imported(program: Program) -> set[int]:
    """Positions of the definitions that library modules import inside a module-level ``if`` or ``try``.

    A star import, and the import of a module as a whole, stand for everything that the module defines. Blocks for type
    checkers and for scripts do not count.
    """
    found: set[int] = set()
    positions: Positions = {}
    for module in program.modules.values():
        if module.module.conditional_imports and is_library(module.path):
            frame = program.frame(module, 0)
            for source, name, level in module.module.conditional_imports:
                for atom in program.solver.ask(names.imported, program, frame, source, name, level) or ():
                    found.update(_symbols(atom, positions))
    return found


def conditionally_bound(program: Program) -> frozenset[str]:
    """Names that a library module gives to definitions of the repository in one of several ways.

    A fallback after a failed import, a definition for old Pythons, ``f = _fast`` in one branch and ``f = _slow`` in
    another: the reader of the code cannot know which one is meant, even where this machine decides it.
    """
    found: set[str] = set()
    for module in program.modules.values():
        if not is_library(module.path):
            continue
        found.update(scope.name for scope in module.scopes[1:] if scope.conditional and scope.parent == 0)
        frame = program.frame(module, 0)
        for name, values in frame.body.bound.items():
            if len(values) > 1 and any(_is_alias(program, frame, value) for value in values):
                found.add(name)
    return frozenset(found)


def is_by_name(program: Program, frame: Frame, site: Site) -> bool:
    """Whether what is called or raised is written as a name, or as a name in a module."""
    named = written(site)
    if named[KIND] != E_ATTRIBUTE:
        return True
    receiver: Type = program.solver.ask(program.evaluate, frame, named[OBJECT]) or ()
    return any(atom[TAG] == MODULE for atom in receiver)


def _is_alias(program: Program, frame: Frame, value: int) -> bool:
    """Whether a value is another name of a definition of the repository."""
    described = frame.body.values[value]
    if described[KIND] != V_EXPR:
        return False
    _, expression = described
    if expression[KIND] not in (E_VALUE, E_ATTRIBUTE):
        return False
    meant: Type = program.solver.ask(program.value, frame, value) or ()
    return any(atom[TAG] in (FUNCTION, CLASS) and atom[DEFINITION].symbol >= 0 for atom in meant)


def _symbols(atom: Atom, positions: Positions) -> Iterator[int]:
    """What an imported thing defines: itself and everything inside it."""
    if atom[TAG] == MODULE and not atom[LOADED].outside:
        origin: LoadedModule = atom[LOADED]
        yield from range(origin.first_symbol, origin.first_symbol + len(origin.module.symbols))
    elif atom[TAG] in (FUNCTION, CLASS) and atom[DEFINITION].symbol >= 0:
        home: LoadedModule = atom[DEFINITION].module
        outer = home.module.symbols[atom[DEFINITION].symbol - home.first_symbol].qualname
        if home.path not in positions:
            positions[home.path] = _by_first_name(home)
        for place in positions[home.path][outer.partition(".")[0]]:
            qualname = home.module.symbols[place - home.first_symbol].qualname
            if qualname == outer or qualname.startswith(f"{outer}."):
                yield place


def _by_first_name(module: LoadedModule) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, symbol in enumerate(module.module.symbols, module.first_symbol):
        found.setdefault(symbol.qualname.partition(".")[0], []).append(place)
    return found
