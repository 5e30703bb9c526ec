"""Which class a parameter likely is of, from the attributes that its function reads from it."""

from hgen.resolve.inference import inheritance
from hgen.resolve.likely.nameindex import names_of
from hgen.resolve.objects import Class, Frame
from hgen.resolve.program import Program
from hgen.resolve.types import DECLARED, INSTANCE, NOTHING, Type
from hgen.scoring.roles import is_support
from hgen.syntax import ir
from hgen.syntax.ir import Value

_MAX_CLASSES = 40
"""Of a name that more classes have, only so many are looked at."""


def from_uses(program: Program, frame: Frame, described: Value) -> Type:
    """The only class that has all the attributes that are read from a value."""
    if ir.parameter(frame.scope, described).annotation is not None:
        return NOTHING
    number = frame.body.values.index(described)
    names = [name for name in _uses(frame).get(number, ()) if name in program.members]
    rare = [name for name in names if name not in names_of(program).foreign]
    if not rare:
        return NOTHING
    few = min(rare, key=lambda name: len(names_of(program).having(name)))
    found = [cls for cls in _roots(program, few) if all(_has(program, cls, name) for name in names)]
    if len(found) != 1:
        return NOTHING
    (cls,) = found
    return ((INSTANCE, cls, (), DECLARED),)


def _uses(frame: Frame) -> dict[int, dict[str, None]]:
    """For each numbered value of a scope, the attributes that are read from it, tests of its type seen through."""
    if "uses" not in frame.memo:
        found: dict[int, dict[str, None]] = {}
        values = frame.body.values
        pending: list[object] = [values, frame.body.sites, frame.body.returns, frame.body.yields]
        while pending:
            one = pending.pop()
            if not isinstance(one, tuple | list):
                continue
            pending.extend(one)
            if len(one) != 3 or one[ir.KIND] != ir.E_ATTRIBUTE:
                continue
            _, owner, name = one
            if isinstance(owner, tuple) and owner[ir.KIND] == ir.E_VALUE:
                number = owner[ir.NUMBER]
                while values[number][ir.KIND] == ir.V_NARROWED:
                    number = values[number][ir.NUMBER]
                found.setdefault(number, {})[str(name)] = None
        frame.memo["uses"] = found
    uses: dict[int, dict[str, None]] = frame.memo["uses"]
    return uses


def _roots(program: Program, name: str) -> list[Class]:
    """The classes outside of tests that have an attribute and do not inherit it from, or share it with, another."""
    having = [
        cls for cls in names_of(program).having(name)[:_MAX_CLASSES]
        if not is_support(cls.module.path) and not inheritance.is_protocol(program, cls)
    ]  # fmt: skip
    return [
        cls for cls in having
        if not any(other is not cls and inheritance.inherits(program, cls, other) for other in having)
    ]  # fmt: skip


def _has(program: Program, cls: Class, name: str) -> bool:
    """Whether a class or one of its heirs has an attribute."""
    return any(inheritance.owner_of(program, one, name) is not None for one in (cls, *cls.subclasses[:_MAX_CLASSES]))
