"""Mutants: small changes to one function that alter its meaning, as errors of careless authors do.

Each is an edit of whole lines that touches nothing but the mutated expression or statement. Mutation testing's usual
operators (Offutt et al., "An experimental determination of sufficient mutant operators", 1996) and those that fit
Python and what agents get wrong: a dropped keyword argument, the wrong attribute, an early return.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from hgen.scoring.diffs import Edit
from hgen.testbed.mutation.functions import Function, Splice, code, end_of, start_of
from hgen.testbed.mutation.operator import Example, Operator, Variant

_COMPARISONS: dict[type[ast.cmpop], tuple[bytes, bytes]] = {
    ast.Lt: (rb"<", b"<="),
    ast.LtE: (rb"<=", b"<"),
    ast.Gt: (rb">", b">="),
    ast.GtE: (rb">=", b">"),
    ast.Eq: (rb"==", b"!="),
    ast.NotEq: (rb"!=", b"=="),
    ast.Is: (rb"\bis\b", b"is not"),
    ast.IsNot: (rb"\bis\s+not\b", b"is"),
    ast.In: (rb"\bin\b", b"not in"),
    ast.NotIn: (rb"\bnot\s+in\b", b"in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[bytes, bytes]] = {
    ast.Add: (rb"\+", b"-"),
    ast.Sub: (rb"-", b"+"),
    ast.Mult: (rb"\*", b"+"),
    ast.Div: (rb"/", b"*"),
    ast.FloorDiv: (rb"//", b"/"),
    ast.Mod: (rb"%", b"//"),
    ast.LShift: (rb"<<", b">>"),
    ast.RShift: (rb">>", b"<<"),
    ast.BitAnd: (rb"&", b"|"),
    ast.BitOr: (rb"\|", b"&"),
    ast.BitXor: (rb"\^", b"&"),
}
_LOGIC: dict[type[ast.boolop], tuple[bytes, bytes]] = {ast.And: (rb"\band\b", b"or"), ast.Or: (rb"\bor\b", b"and")}
WANTED = tuple(wanted for table in (_COMPARISONS, _ARITHMETIC, _LOGIC) for wanted, _ in table.values())
"""Regular expressions of the operators that are replaced."""


def mutants(function: Function) -> Iterator[Variant]:
    """All mutants that compile and have another syntax tree than the function, in the order of the operators."""
    original = ast.dump(function.node)
    seen: set[Edit] = set()
    for name, operator in OPERATORS.items():
        for splice in operator.splices(function):
            edit = function.edit(splice)
            if edit in seen:
                continue
            seen.add(edit)
            changed = function.changed(edit)
            if changed is not None and ast.dump(changed) != original:
                yield Variant(name, edit)


def _conditions(function: Function) -> Iterator[Splice]:
    """A test says the opposite."""
    for node in code(function):
        if not isinstance(node, ast.If | ast.While | ast.IfExp):
            continue
        test = node.test
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield Splice(start_of(test), end_of(test), function.text(test.operand))
        elif not isinstance(test, ast.Constant) and not _can_be_turned(test):
            yield Splice(start_of(test), end_of(test), b"not (" + function.text(test) + b")")


def _boundaries(function: Function) -> Iterator[Splice]:
    """A comparison takes its limit in or out, or asks the opposite."""
    for node in code(function):
        if isinstance(node, ast.Compare):
            for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                yield from _between(function, left, right, *_COMPARISONS[type(operator)])


def _arithmetic(function: Function) -> Iterator[Splice]:
    """Another operator between two numbers, sets or sequences; texts are not calculated with."""
    for node in code(function):
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_text(node.left, node.right):
            yield from _between(function, node.left, node.right, *_ARITHMETIC[type(node.op)])
        elif isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC and not _is_text(node.value):
            wanted, instead = _ARITHMETIC[type(node.op)]
            yield from _between(function, node.target, node.value, wanted + b"=", instead + b"=")


def _logic(function: Function) -> Iterator[Splice]:
    """``and`` for ``or``, and the reverse."""
    for node in code(function):
        if isinstance(node, ast.BoolOp):
            wanted, instead = _LOGIC[type(node.op)]
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from _between(function, left, right, wanted, instead)


def _constants(function: Function) -> Iterator[Splice]:
    """A number one off, the other truth value, an empty text."""
    for node in code(function):
        if not isinstance(node, ast.Constant):
            continue
        value = node.value
        others: list[object] = []
        if isinstance(value, bool):
            others = [not value]
        elif isinstance(value, int) and abs(value) < 1 << 64:
            others = [value + 1] if value == 0 else [value + 1, value - 1]
        elif isinstance(value, float):
            others = [value + 1.0]
        elif isinstance(value, str) and value.isprintable():
            others = ["" if value else " "]
        for other in others:
            yield Splice(start_of(node), end_of(node), repr(other).encode())


def _dropped_statements(function: Function) -> Iterator[Splice]:
    """A statement that has an effect is left out; a loop ends where it should go on, or the reverse."""
    alone = {id(block[0]) for block in _blocks(function) if len(block) == 1}
    for node in code(function):
        if isinstance(node, ast.Continue | ast.Break):
            yield Splice(start_of(node), end_of(node), b"break" if isinstance(node, ast.Continue) else b"continue")
        effect = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await)
        kept = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript)
        if effect or kept or isinstance(node, ast.AugAssign | ast.Raise | ast.Delete):
            assert isinstance(node, ast.stmt)
            # Nobody would write ``pass`` among other statements.
            whole = id(node) not in alone and _has_own_lines(function, node)
            yield Splice(start_of(node), end_of(node), b"pass", whole)


def _swapped_arguments(function: Function) -> Iterator[Splice]:
    """Two neighbouring arguments in the wrong order."""
    for node in code(function):
        if isinstance(node, ast.Call):
            for left, right in zip(node.args, node.args[1:], strict=False):
                if isinstance(left, ast.Starred) or isinstance(right, ast.Starred):
                    continue
                between = function.span(end_of(left), start_of(right))
                yield Splice(start_of(left), end_of(right), function.text(right) + between + function.text(left))


def _dropped_arguments(function: Function) -> Iterator[Splice]:
    """A keyword argument that is forgotten."""
    for node in code(function):
        if isinstance(node, ast.Call):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            for before, keyword in zip(values[len(node.args) - 1 :], node.keywords, strict=False):
                if node.args and keyword.arg is not None and end_of(before) < end_of(keyword.value):
                    yield Splice(end_of(before), end_of(keyword.value), b"")


def _wrong_attributes(function: Function) -> Iterator[Splice]:
    """Another attribute of the same object, one that the function reads elsewhere."""
    read: dict[str, dict[str, list[ast.Attribute]]] = defaultdict(lambda: defaultdict(list))
    called = {id(node.func) for node in code(function) if isinstance(node, ast.Call)}
    for node in code(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
            # A method is no value, nor is a value a method: that would be noticed without any test.
            read[f"{node.value.id} {id(node) in called}"][node.attr].append(node)
    for attributes in read.values():
        names = sorted(attributes)
        for name, other in zip(names, names[1:] + names[:1], strict=True):
            if name != other:
                for node in attributes[name]:
                    yield Splice(end_of(node.value), end_of(node), b"." + other.encode())


def _early_returns(function: Function) -> Iterator[Splice]:
    """The function ends before its last statements, or gives nothing back."""
    for node in code(function, nested=False):
        if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
            yield Splice(start_of(node.value), end_of(node.value), b"None")
    for statement in function.body[1:]:
        line = function.line(statement.lineno)
        indent = line[: statement.col_offset]
        # To return nothing instead of something is the mutant above.
        if not indent.strip() and not isinstance(statement, ast.Return) and not _is_decorated(statement):
            end = b"\r" if line.endswith(b"\r") else b""
            here = start_of(statement)
            yield Splice(here, here, b"return" + end + b"\n" + indent)


OPERATORS: dict[str, Operator] = {
    "condition": Operator(
        _conditions,
        (
            Example("if a and b:\n    c()", "if not (a and b):\n    c()"),
            Example("while not done(a):\n    c()", "while done(a):\n    c()"),
        ),
    ),
    "boundary": Operator(
        _boundaries,
        (
            Example("return a < b", "return a <= b"),
            Example("return (a) <  b  # as <=", "return (a) <=  b  # as <="),
            Example("return a is  not b", "return a is b"),
        ),
    ),
    "arithmetic": Operator(
        _arithmetic,
        (
            Example("return a + b // 2", "return a + b / 2"),
            Example("a += b // 2", "a -= b // 2"),
        ),
    ),
    "logic": Operator(_logic, (Example("return (a or b) and c", "return (a or b) or c"),)),
    "constant": Operator(
        _constants,
        (
            Example("return a[0]", "return a[1]"),
            Example("return f(strict=True)", "return f(strict=False)"),
            Example("return '-'.join(a)", "return ''.join(a)"),
        ),
    ),
    "dropped-statement": Operator(
        _dropped_statements,
        (
            Example("a.append(b)\nreturn a", "return a"),
            Example("a.append(b); return a", "pass; return a"),
            Example("if b:\n    raise a\nreturn a", "if b:\n    pass\nreturn a"),
            Example("for x in a:\n    break", "for x in a:\n    continue"),
        ),
    ),
    "swapped-arguments": Operator(
        _swapped_arguments,
        (
            Example("return f(a, b)", "return f(b, a)"),
            Example("return f(a,\n  b)", "return f(b,\n  a)"),
        ),
    ),
    "dropped-argument": Operator(_dropped_arguments, (Example("return f(a, *b, key=c)", "return f(a, *b)"),)),
    "wrong-attribute": Operator(_wrong_attributes, (Example("return a.x + a.y", "return a.y + a.y"),)),
    "early-return": Operator(
        _early_returns,
        (
            Example("return a or b", "return None"),
            Example("b = g()\nh(b)\nreturn a", "b = g()\nreturn\nh(b)\nreturn a"),
        ),
    ),
}
"""The operators by name; an edit that two of them make is the first one's."""


def _between(function: Function, left: ast.expr, right: ast.expr, wanted: bytes, instead: bytes) -> Iterator[Splice]:
    """Replace an operator between two operands; brackets may stand beside it, comments and line ends may not."""
    if left.end_lineno != right.lineno:
        return
    text = function.span(end_of(left), start_of(right))
    match = re.search(wanted, text)
    if match and b"#" not in text:
        line, column = end_of(left)
        yield Splice((line, column + match.start()), (line, column + match.end()), instead)


def _blocks(function: Function) -> Iterator[list[ast.stmt]]:
    """The blocks of statements in the function, its own without the docstring."""
    yield function.body
    for statement in function.body:
        for node in ast.walk(statement):
            for field in ("body", "orelse", "finalbody"):
                block = getattr(node, field, None)
                if isinstance(block, list) and block:
                    yield block


def _can_be_turned(test: ast.expr) -> bool:
    """Whether another operator of comparison says the opposite: that is a mutant of its own."""
    turned = ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], turned)


def _has_own_lines(function: Function, node: ast.stmt) -> bool:
    (first, start), (last, end) = start_of(node), end_of(node)
    before, behind = function.line(first)[:start], function.line(last)[end:].strip()
    return not before.strip() and (not behind or behind.startswith(b"#"))


def _is_decorated(node: ast.stmt) -> bool:
    return bool(getattr(node, "decorator_list", ()))


def _is_text(*nodes: ast.expr) -> bool:
    return any(
        isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
        for node in nodes
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
