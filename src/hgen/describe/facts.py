"""Facts about a definition that its code shows, and which of them a description needs."""

import ast
import builtins
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
SHARED_BY = 5
"""So many definitions without a docstring have the facts in common that a description gives, at least."""


@dataclass(frozen=True)
class Facts:
    """What a caller sees: how many parameters (without ``self`` or ``cls``), and what comes out."""

    asynchronous: bool
    parameters: int
    required: int
    returns: bool
    yields: bool
    raises: tuple[str, ...]
    """Names of built-in exceptions raised in the body, sorted."""
    classmethod: bool
    staticmethod: bool
    property: bool
    methods: int
    """For a class: how many methods it defines."""
    bases: bool
    kind: str = "function"
    """As ``Symbol.kind``."""
    names: tuple[str, ...] = field(default=(), repr=False)
    """The parameters' names."""


def _values(own: Facts) -> dict[str, object]:
    """The facts that can be given, by name, in the order in which they are."""
    if own.kind == "class":
        return {"sort": "class", "bases": own.bases, "methods": own.methods}
    sort = (own.kind, own.property, own.classmethod, own.staticmethod, own.asynchronous, own.yields)
    return {
        "sort": sort,
        "result": (own.returns, own.yields),
        "raises": own.raises,
        "parameters": (own.parameters, own.required),
    }


def sharing(own: Facts, given: Iterable[str], others: Sequence[Facts]) -> int:
    """How many of the others have the same values of these facts."""
    wanted = [(name, _values(own)[name]) for name in given]
    return sum(all(_values(each).get(name) == value for name, value in wanted) for each in others)


def needed(own: Facts, rivals: Sequence[Facts], others: Sequence[Facts]) -> tuple[str, ...]:
    """The facts that a description gives: what the definition is called, and what tells it from its rivals.

    ``others`` are definitions without a docstring, itself included: no fact is given that would leave fewer than
    ``SHARED_BY`` of them.
    """
    given: list[str] = []
    for name, value in _values(own).items():
        tells = name == "sort" or any(_values(rival).get(name) != value for rival in rivals)
        if tells and sharing(own, [*given, name], others) >= SHARED_BY:
            given.append(name)
            rivals = [rival for rival in rivals if _values(rival).get(name) == value]
    return tuple(given)


def facts(source: str, kind: str = "function") -> Facts | None:
    """Read one definition, decorators included, at any indentation; None if it does not parse by itself."""
    try:
        body = ast.parse(textwrap.dedent(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match body:
        case [ast.ClassDef() as definition]:
            return _class_facts(definition)
        case [ast.FunctionDef() | ast.AsyncFunctionDef() as definition]:
            return _function_facts(definition, kind, may_yield="yield" in source)
    return None


def facts_by_line(source: bytes, methods: Collection[int]) -> dict[int, Facts]:
    """The facts of all definitions of a file, by the lines of their ``def`` or ``class``; ``methods`` says which are.

    Empty if the file does not parse.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    may_yield = b"yield" in source
    found = {}
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ClassDef):
            found[node.lineno] = _class_facts(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "method" if node.lineno in methods else "function"
            found[node.lineno] = _function_facts(node, kind, may_yield=may_yield)
        todo.extend(_blocks(node))
    return found


def _class_facts(node: ast.ClassDef) -> Facts:
    methods = sum(isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) for child in node.body)
    return Facts(False, 0, 0, False, False, (), False, False, False, methods, bool(node.bases), "class")


def _function_facts(node: ast.FunctionDef | ast.AsyncFunctionDef, kind: str, *, may_yield: bool) -> Facts:
    arguments = [*node.args.posonlyargs, *node.args.args]
    implicit = bool(arguments) and arguments[0].arg in {"self", "cls", "mcs"}
    keyword_required = sum(default is None for default in node.args.kw_defaults)
    starred = (node.args.vararg is not None) + (node.args.kwarg is not None)
    decorators = {_last_name(decorator) for decorator in node.decorator_list}
    own = _own_statements(node)
    return Facts(
        asynchronous=isinstance(node, ast.AsyncFunctionDef),
        parameters=len(arguments) - implicit + len(node.args.kwonlyargs) + starred,
        required=len(arguments) - implicit - len(node.args.defaults) + keyword_required,
        returns=any(_returns_value(child) for child in own),
        yields=may_yield and any(_yields(child) for child in own),
        raises=tuple(sorted({name for child in own if (name := _raised(child))})),
        classmethod="classmethod" in decorators,
        staticmethod="staticmethod" in decorators,
        property="property" in decorators or "cached_property" in decorators,
        methods=0,
        bases=False,
        kind=kind,
        names=tuple(each.arg for each in [*arguments[implicit:], *node.args.kwonlyargs]),
    )


def _own_statements(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """The statements of a body at any depth, of inner definitions only that they are there."""
    found: list[ast.stmt] = []
    todo: list[ast.AST] = list(node.body)
    while todo:
        child = todo.pop()
        if isinstance(child, ast.stmt):
            found.append(child)
        if not isinstance(child, _DEFINITIONS):
            todo.extend(_blocks(child))
    return found


def _blocks(node: ast.AST) -> Iterator[ast.AST]:
    """What stands directly in the blocks of a statement; expressions are many, and hold no statements."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        yield from getattr(node, name, ())


def _yields(statement: ast.stmt) -> bool:
    if isinstance(statement, _DEFINITIONS):
        return False
    todo: list[ast.AST] = [
        child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr | ast.withitem)
    ]
    while todo:
        child = todo.pop()
        if isinstance(child, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(child, ast.Lambda):
            todo.extend(ast.iter_child_nodes(child))
    return False


def _returns_value(node: ast.AST) -> bool:
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    return not (isinstance(node.value, ast.Constant) and node.value.value is None)


def _raised(node: ast.AST) -> str:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return ""
    name = _last_name(node.exc)
    builtin = getattr(builtins, name, None)
    return name if isinstance(builtin, type) and issubclass(builtin, BaseException) else ""


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
