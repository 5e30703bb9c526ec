"""What a value likely is, from what the repository itself does with it: what callers pass, and what methods store.

Callers may pass anything, so this never makes a call certain. Each question looks at a bounded number of places.
"""

from collections.abc import Callable, Hashable

from hgen.resolve.inference import annotations, inheritance, members, protocols
from hgen.resolve.inference.narrow import narrowed
from hgen.resolve.likely.callers import argument, calls_of
from hgen.resolve.likely.nameindex import names_of
from hgen.resolve.likely.uses import from_uses
from hgen.resolve.objects import Class, Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    CALLABLE,
    DEFINITION,
    FUNCTION,
    INSTANCE,
    METHOD,
    NONE,
    NOTHING,
    SELF,
    TAG,
    TYPE_OF,
    VARIABLE,
    Type,
    union,
)
from hgen.scoring.roles import is_support
from hgen.syntax import ir
from hgen.syntax.ir import Expr, Value

_MAX_STEPS = 150
"""Values that one question may look at."""
_MAX_DEPTH = 12
_MAX_KINDS = 4
"""Different things passed to one parameter, after which it is of no use to look at more calls."""
_MAX_STORES = 40
"""Classes that store an attribute of one name; of more it means nothing in particular."""
_SILENT = (ANY[TAG], NONE[TAG], CALLABLE, VARIABLE, TYPE_OF)


def likely_type(program: Program, frame: Frame, expression: Expr) -> Type:
    """What an expression likely is, without anything unknown; empty if there is no evidence."""
    return _Search(program).expression(frame, expression)


class _Search:
    """One question: counts its steps, and does not ask itself again."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._steps = 0
        self._depth = 0
        self._open: set[tuple[int, object]] = set()

    def expression(self, frame: Frame, expression: Expr) -> Type:
        """What is known for certain, else what evidence says."""
        known = _known(self._program.evaluate(frame, expression))
        look = _EXPRESSIONS.get(expression[ir.KIND])
        if known or look is None:
            return known
        return self._once(look, frame, expression, id(expression))

    def value(self, frame: Frame, number: int) -> Type:
        """The same for a numbered value."""
        known = _known(self._program.value(frame, number))
        described = frame.body.values[number]
        look = _VALUES.get(described[ir.KIND])
        if known or look is None:
            return known
        return self._once(look, frame, described, number)

    def _once(self, look: "Callable[[_Search, Frame, Expr], Type]", frame: Frame, described: Expr, key: int) -> Type:
        self._steps += 1
        mark = (id(frame), key)
        if mark in self._open or self._steps > _MAX_STEPS or self._depth > _MAX_DEPTH:
            return NOTHING
        self._open.add(mark)
        self._depth += 1
        found = _known(look(self, frame, described))
        self._depth -= 1
        self._open.discard(mark)
        return found

    def numbered(self, frame: Frame, described: Expr) -> Type:
        return self.value(frame, described[ir.NUMBER])

    def attribute(self, frame: Frame, described: Expr) -> Type:
        """An attribute, or what the methods of its object's class store in it."""
        _, owner, name = described
        owners = self.expression(frame, owner)
        if not owners:
            return self._stored_anywhere(name)
        parts: list[Type] = [NOTHING]
        for atom in owners:
            found = _known(members.member(self._program, atom, name) or NOTHING)
            if not found and atom[TAG] in (INSTANCE, SELF):
                found = self._stored(atom[DEFINITION], name)
            parts.append(found)
        return union(*parts)

    def _stored(self, cls: Class, name: str) -> Type:
        owner = inheritance.owner_of(self._program, cls, name)
        if owner is None or owner.module.outside:
            return NOTHING
        parts: list[Type] = [NOTHING]
        for index, values in owner.stores.get(name, ()):
            method = self._program.frame(owner.module, index)
            parts.extend([self.value(method, stored) for stored in values])
        return union(*parts)

    def _stored_anywhere(self, name: str) -> Type:
        """What the classes of the repository that store an attribute of this name have in it."""
        return self._remembered(("stored", name), self._from_stores, name)

    def _from_stores(self, name: str) -> Type:
        storing = [
            place for place in names_of(self._program).storing.get(name, ()) if not is_support(place.module.path)
        ]
        if len(storing) > _MAX_STORES or name in names_of(self._program).foreign:
            return NOTHING
        parts: list[Type] = [NOTHING]
        for module, index in storing:
            owner = self._program.object(module, index)
            if isinstance(owner, Class):
                parts.append(_known(inheritance.own_attribute(self._program, owner, name)) or self._stored(owner, name))
        return union(*parts)

    def call(self, frame: Frame, described: Expr) -> Type:
        """What a function likely returns."""
        parts: list[Type] = [NOTHING]
        for atom in self.expression(frame, described[ir.CALLED]):
            found = _known(self._program.result_of(atom, (), ()))
            if not found and atom[TAG] in (FUNCTION, METHOD) and not atom[DEFINITION].module.outside:
                function: Function = atom[DEFINITION]
                if not function.scope.is_generator and not function.scope.is_async:
                    inside = self._program.frame(function.module, function.scope.index)
                    found = union(NOTHING, *[self.expression(inside, one) for one in inside.body.returns[:8]])
            parts.append(found)
        return union(*parts)

    def subscript(self, frame: Frame, described: Expr) -> Type:
        _, subscripted, index = described
        return annotations.subscripted(self._program, frame, self.expression(frame, subscripted), index)

    def either(self, frame: Frame, described: Expr) -> Type:
        _, one, other = described
        return union(self.expression(frame, one), self.expression(frame, other))

    def stored(self, frame: Frame, described: Value) -> Type:
        _, expression = described
        return self.expression(frame, expression)

    def ways(self, frame: Frame, described: Value) -> Type:
        _, ways, _ = described
        return union(NOTHING, *[self.value(frame, way) for way in ways])

    def item(self, frame: Frame, described: Value) -> Type:
        _, iterated, is_async = described
        return protocols.iterated(self._program, self.expression(frame, iterated), is_async=is_async)

    def entered(self, frame: Frame, described: Value) -> Type:
        _, manager, is_async = described
        return protocols.entered(self._program, self.expression(frame, manager), is_async=is_async)

    def narrowed(self, frame: Frame, described: Value) -> Type:
        _, number, kind, test, held = described
        tested = self._program.evaluate(frame, test) if test else NOTHING
        return narrowed(self._program, self.value(frame, number), kind, tested, held=held)

    def outer(self, frame: Frame, described: Value) -> Type:
        """A name of a function around this one."""
        _, name = described
        scope = frame.scope
        while scope.kind != ir.MODULE_SCOPE:
            scope = frame.module.scopes[scope.parent]
            if scope.kind == ir.FUNCTION_SCOPE:
                around = self._program.frame(frame.module, scope.index)
                if name in around.body.bound:
                    return union(*[self.value(around, one) for one in around.body.bound[name]])
        return NOTHING

    def parameter(self, frame: Frame, described: Value) -> Type:
        """What the repository's own calls pass, those of tests only if there are no others."""
        return self._remembered((id(frame.scope), described[ir.POSITION]), self._from_repository, frame, described)

    def _remembered(self, key: Hashable, look: Callable[..., Type], *arguments: object) -> Type:
        """An answer that is found once; nothing, where it is asked for while it is being found."""
        kept = names_of(self._program).evidence
        if key not in kept:
            kept[key], done = NOTHING, False
            try:
                kept[key] = look(*arguments)
                done = True
            finally:
                if not done:
                    del kept[key]
        return kept[key]

    def _from_repository(self, frame: Frame, described: Value) -> Type:
        return self._from_calls(frame, described) or from_uses(self._program, frame, described)

    def _from_calls(self, frame: Frame, described: Value) -> Type:
        function = self._program.object(frame.module, frame.scope.index)
        name, _, kind, _ = ir.parameter(frame.scope, described)
        if not isinstance(function, Function) or kind in (ir.VARARGS, ir.KEYWORDS):
            return NOTHING
        found: Type = NOTHING
        in_tests = False
        for caller, site, offset in calls_of(self._program, function):
            if found and not in_tests and is_support(caller.module.path):
                break
            in_tests = in_tests or is_support(caller.module.path)
            _, call, *_ = site
            place = described[ir.POSITION] - offset
            given = argument(call, name, place, positional=kind == ir.POSITIONAL)
            if given is not None:
                found = union(found, self.expression(caller, given))
            if len(found) > _MAX_KINDS:
                break
        return found


def _known(some: Type) -> Type:
    """The atoms of a type that say which definition is called."""
    return tuple([atom for atom in some if atom[TAG] not in _SILENT])


_EXPRESSIONS: dict[int, Callable[[_Search, Frame, Expr], Type]] = {
    ir.E_VALUE: _Search.numbered,
    ir.E_ATTRIBUTE: _Search.attribute,
    ir.E_CALL: _Search.call,
    ir.E_SUBSCRIPT: _Search.subscript,
    ir.E_OR: _Search.either,
    ir.E_CONDITIONAL: _Search.either,
}
_VALUES: dict[int, Callable[[_Search, Frame, Value], Type]] = {
    ir.V_EXPR: _Search.stored,
    ir.V_PHI: _Search.ways,
    ir.V_PARAMETER: _Search.parameter,
    ir.V_ITEM: _Search.item,
    ir.V_ENTER: _Search.entered,
    ir.V_NARROWED: _Search.narrowed,
    ir.V_OUTER: _Search.outer,
}
