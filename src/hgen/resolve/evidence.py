"""What a value likely is, from what the repository itself does with it: what callers pass, and what methods store.

Callers may pass anything, so this never makes a call certain. Each question looks at a bounded number of places.
"""

from collections.abc import Callable, Hashable

from hgen.resolve import annotations, calls, classes, evaluate, members, protocols
from hgen.resolve.callers import argument, calls_of
from hgen.resolve.nameindex import names_of
from hgen.resolve.narrow import narrowed
from hgen.resolve.program import Class, Frame, Function, Program
from hgen.resolve.types import (
    ANY,
    CALLABLE,
    FUNCTION,
    INSTANCE,
    METHOD,
    NONE,
    NOTHING,
    SELF,
    TYPE_OF,
    VARIABLE,
    Type,
    union,
)
from hgen.resolve.uses import from_uses
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
_SILENT = (ANY[0], NONE[0], CALLABLE, VARIABLE, TYPE_OF)


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
        known = _known(evaluate.evaluate(self._program, frame, expression))
        look = _EXPRESSIONS.get(expression[0])
        if known or look is None:
            return known
        return self._once(look, frame, expression, id(expression))

    def value(self, frame: Frame, number: int) -> Type:
        """The same for a numbered value."""
        known = _known(evaluate.value(self._program, frame, number))
        described = frame.body.values[number]
        look = _VALUES.get(described[0])
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
        return self.value(frame, described[1])

    def attribute(self, frame: Frame, described: Expr) -> Type:
        """An attribute, or what the methods of its object's class store in it."""
        owners = self.expression(frame, described[1])
        if not owners:
            return self._stored_anywhere(described[2])
        parts: list[Type] = [NOTHING]
        for atom in owners:
            found = _known(members.member(self._program, atom, described[2]) or NOTHING)
            if not found and atom[0] in (INSTANCE, SELF):
                found = self._stored(atom[1], described[2])
            parts.append(found)
        return union(*parts)

    def _stored(self, cls: Class, name: str) -> Type:
        owner, _ = classes.owner_of(self._program, cls, name)
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
        storing = [place for place in names_of(self._program).storing.get(name, ()) if not is_support(place[0].path)]
        if len(storing) > _MAX_STORES or name in names_of(self._program).foreign:
            return NOTHING
        parts: list[Type] = [NOTHING]
        for module, index in storing:
            owner = self._program.object(module, index)
            if isinstance(owner, Class):
                parts.append(_known(classes.own_attribute(self._program, owner, name)) or self._stored(owner, name))
        return union(*parts)

    def call(self, frame: Frame, described: Expr) -> Type:
        """What a function likely returns."""
        parts: list[Type] = [NOTHING]
        for atom in self.expression(frame, described[1]):
            found = _known(calls.result_of(self._program, atom, (), ()))
            if not found and atom[0] in (FUNCTION, METHOD) and not atom[1].module.outside:
                function: Function = atom[1]
                if not function.scope.is_generator and not function.scope.is_async:
                    inside = self._program.frame(function.module, function.scope.index)
                    found = union(NOTHING, *[self.expression(inside, one) for one in inside.body.returns[:8]])
            parts.append(found)
        return union(*parts)

    def subscript(self, frame: Frame, described: Expr) -> Type:
        return annotations.subscripted(self._program, frame, self.expression(frame, described[1]), described[2])

    def either(self, frame: Frame, described: Expr) -> Type:
        return union(self.expression(frame, described[1]), self.expression(frame, described[2]))

    def stored(self, frame: Frame, described: Value) -> Type:
        return self.expression(frame, described[1])

    def ways(self, frame: Frame, described: Value) -> Type:
        return union(NOTHING, *[self.value(frame, way) for way in described[1]])

    def item(self, frame: Frame, described: Value) -> Type:
        return protocols.iterated(self._program, self.expression(frame, described[1]), is_async=described[2])

    def entered(self, frame: Frame, described: Value) -> Type:
        return protocols.entered(self._program, self.expression(frame, described[1]), is_async=described[2])

    def narrowed(self, frame: Frame, described: Value) -> Type:
        _, number, kind, test, held = described
        tested = evaluate.evaluate(self._program, frame, test) if test else NOTHING
        return narrowed(self._program, self.value(frame, number), kind, tested, held=held)

    def outer(self, frame: Frame, described: Value) -> Type:
        """A name of a function around this one."""
        scope = frame.scope
        while scope.kind != ir.MODULE:
            scope = frame.module.scopes[scope.parent]
            if scope.kind == ir.FUNCTION:
                around = self._program.frame(frame.module, scope.index)
                if described[1] in around.body.bound:
                    return union(*[self.value(around, one) for one in around.body.bound[described[1]]])
        return NOTHING

    def parameter(self, frame: Frame, described: Value) -> Type:
        """What the repository's own calls pass, those of tests only if there are no others."""
        return self._remembered((id(frame.scope), described[1]), self._from_repository, frame, described)

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
        name, _, kind, _ = frame.scope.parameters[described[1]]
        if not isinstance(function, Function) or kind in (ir.VARARGS, ir.KEYWORDS):
            return NOTHING
        found: Type = NOTHING
        in_tests = False
        for caller, site, offset in calls_of(self._program, function):
            if found and not in_tests and is_support(caller.module.path):
                break
            in_tests = in_tests or is_support(caller.module.path)
            given = argument(site[1], name, described[1] - offset, positional=kind == ir.POSITIONAL)
            if given is not None:
                found = union(found, self.expression(caller, given))
            if len(found) > _MAX_KINDS:
                break
        return found


def _known(some: Type) -> Type:
    """The atoms of a type that say which definition is called."""
    return tuple([atom for atom in some if atom[0] not in _SILENT])


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
