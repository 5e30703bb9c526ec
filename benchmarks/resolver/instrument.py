"""Rewrite a module's tree so that running it records what each call site calls.

``f(x)`` becomes ``__hgen_call__(7, f)(x)``: no frame is added around the call itself, lines and evaluation order stay.
Decorated functions and all classes get one more, outermost decorator, which learns the object that is
bound to the name.
"""

import ast
from dataclasses import dataclass
from types import CodeType

from benchmarks.resolver.sites import Definition, Identity, Site, parse

CALL, RAISE, DEFINED = "__hgen_call__", "__hgen_raise__", "__hgen_defined__"


@dataclass(frozen=True)
class Numbered:
    """One instrumented file: what the numbers in its code mean."""

    code: CodeType
    definitions: list[Definition]
    sites: dict[int, tuple[Definition, Site]]


def instrument(source: bytes, file: str, path: str, first_number: int) -> Numbered:
    """Compile a file with its sites numbered from ``first_number`` and its definitions by their index in the file."""
    tree, definitions = parse(source, file)
    numbers: dict[ast.AST, int] = {}
    sites: dict[int, tuple[Definition, Site]] = {}
    for definition in definitions:
        for site in definition.sites:
            number = first_number + len(sites)
            numbers[site.node] = number
            sites[number] = (definition, site)
    marks: dict[ast.AST, Identity] = {
        definition.node: definition.identity
        for definition in definitions
        if definition.is_class or definition.node.decorator_list
    }
    rewritten = ast.fix_missing_locations(_Rewriter(numbers, marks).visit(tree))
    return Numbered(compile(rewritten, path, "exec", dont_inherit=True), definitions, sites)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, numbers: dict[ast.AST, int], marks: dict[ast.AST, Identity]) -> None:
        self.numbers = numbers
        self.marks = marks

    def visit_Call(self, node: ast.Call) -> ast.AST:
        number = self.numbers.get(node)
        self.generic_visit(node)
        if number is not None:
            node.func = _hook(CALL, number, node.func)
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        number = self.numbers.get(node)
        self.generic_visit(node)
        if number is not None and node.exc is not None:
            node.exc = _hook(RAISE, number, node.exc)
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        identity = self.marks.get(node)
        if identity is not None and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            place = node.decorator_list[0] if node.decorator_list else node
            constants: list[ast.expr] = [ast.Constant(part) for part in identity]
            mark = ast.Call(ast.Name(DEFINED, ast.Load()), constants, [])
            # The first decorator's line is the code object's first line: keep it where it was.
            for part in ast.walk(mark):
                ast.copy_location(part, place)
            node.decorator_list.insert(0, mark)
        return node


def _hook(name: str, number: int, wrapped: ast.expr) -> ast.expr:
    call = ast.Call(ast.Name(name, ast.Load()), [ast.Constant(number), wrapped], [])
    for part in (call, call.func, call.args[0]):
        ast.copy_location(part, wrapped)
    return call
