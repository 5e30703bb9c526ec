"""Expressions written otherwise, with the same value, the same calls and the same order of evaluation."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, TypeVar

from hgen.scoring.tested.written.bodies import SCOPES

if TYPE_CHECKING:
    import random

    from hgen.scoring.tested.written.names import NewNames

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_Definition = TypeVar("_Definition", ast.FunctionDef, ast.AsyncFunctionDef)
_MOST = 1 << 31
_LONGEST = 200
"""Characters of a text that is written in two pieces."""
_NO_EXPRESSIONS = ("match_case", "TypeAlias")
_SINGLE = (type(None), bool, type(...))


def reworded(statements: list[ast.stmt], coin: random.Random) -> list[ast.stmt]:
    """Conditions turned round, and constants spelt otherwise."""
    expressions = _Expressions(coin)
    return [expressions.visit(statement) for statement in statements]


def with_named_constants(statements: list[ast.stmt], coin: random.Random, new_name: NewNames) -> list[ast.stmt]:
    """Some constants of the function's own scope get a name before its first statement."""
    constants = _NamedConstants(coin, new_name)
    rest = [constants.visit(statement) for statement in statements]
    return [*constants.before, *rest]


def with_helpers(
    statements: list[ast.stmt], coin: random.Random, new_name: NewNames, bound: frozenset[str]
) -> list[ast.stmt]:
    """What is made of parameters that are always ``bound`` and of constants alone is computed by functions inside."""
    helpers = _Helpers(coin, new_name, bound)
    rest = [helpers.visit(statement) for statement in statements]
    return [*helpers.before, *rest]


class _Expressions(ast.NodeTransformer):
    """Rewrites what the coin chooses; patterns and annotations stay, as numbers and texts mean something else there."""

    def __init__(self, coin: random.Random) -> None:
        self._coin = coin

    def visit(self, node: ast.AST) -> Any:
        if type(node).__name__ == "TypeAlias":
            return node
        if type(node).__name__ == "match_case":
            for statement in node.body:  # type: ignore[attr-defined]
                self.visit(statement)
            return node
        return super().visit(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return self._definition(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        return self._definition(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_If(self, node: ast.If) -> ast.If:
        self.generic_visit(node)
        if node.orelse and self._heads():
            node.test, node.body, node.orelse = negated(node.test), node.orelse, node.body
        node.test = self._condition(node.test)
        return node

    def visit_While(self, node: ast.While) -> ast.While:
        self.generic_visit(node)
        node.test = self._condition(node.test)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        self.generic_visit(node)
        if self._heads():
            node.test, node.body, node.orelse = negated(node.test), node.orelse, node.body
        node.test = self._condition(node.test)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        operator, right = node.ops[0], node.comparators[0]
        same = isinstance(operator, (ast.Is, ast.IsNot)) and isinstance(right, ast.Constant)
        if same and isinstance(right, ast.Constant) and isinstance(right.value, _SINGLE) and self._heads():
            node.left, node.comparators = right, [node.left]
        if type(operator) in _OPPOSITES and self._heads():
            return ast.UnaryOp(ast.Not(), ast.Compare(node.left, [_OPPOSITES[type(operator)]()], node.comparators))
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        if len(node.values) > 2 and self._heads():
            return ast.BoolOp(node.op, [node.values[0], ast.BoolOp(node.op, node.values[1:])])
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        value = node.value
        if type(value) is int and 0 <= value < _MOST and self._heads():
            part = self._coin.randrange(1, 60)
            return ast.BinOp(ast.Constant(value + part), ast.Sub(), ast.Constant(part))
        if isinstance(value, (str, bytes)) and 1 < len(value) <= _LONGEST and self._heads():
            place = self._coin.randrange(1, len(value))
            return ast.BinOp(ast.Constant(value[:place]), ast.Add(), ast.Constant(value[place:]))
        return node

    def _definition(self, node: _Definition) -> _Definition:
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node

    def _condition(self, test: ast.expr) -> ast.expr:
        """What is only asked whether it is true."""
        if isinstance(test, ast.BoolOp) and self._heads():
            other = ast.Or() if isinstance(test.op, ast.And) else ast.And()
            return ast.UnaryOp(ast.Not(), ast.BoolOp(other, [negated(value) for value in test.values]))
        if not isinstance(test, ast.Constant) and self._coin.random() < 0.2:
            return negated(negated(test))
        return test

    def _heads(self) -> bool:
        return self._coin.random() < 0.5


class _NamedConstants(ast.NodeTransformer):
    def __init__(self, coin: random.Random, new_name: NewNames) -> None:
        self.before: list[ast.stmt] = []
        self._coin = coin
        self._new_name = new_name

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, (*SCOPES, ast.comprehension)) or type(node).__name__ in _NO_EXPRESSIONS:
            return node
        return super().visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, (int, str, float)) and self._coin.random() < 0.3:
            name = self._new_name()
            self.before.append(ast.Assign([ast.Name(name, ast.Store())], node))
            return ast.Name(name, ast.Load())
        return node


class _Helpers(ast.NodeTransformer):
    def __init__(self, coin: random.Random, new_name: NewNames, bound: frozenset[str]) -> None:
        self.before: list[ast.stmt] = []
        self._coin = coin
        self._new_name = new_name
        self._bound = bound

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, (*SCOPES, ast.comprehension)) or type(node).__name__ in _NO_EXPRESSIONS:
            return node
        if isinstance(node, (ast.BinOp, ast.Compare)) and self._is_plain(node) and self._coin.random() < 0.5:
            return self._called(node)
        return super().visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        return node

    def _is_plain(self, node: ast.expr) -> bool:
        plain = (ast.BinOp, ast.Compare, ast.Constant, ast.Name, ast.operator, ast.cmpop, ast.expr_context)
        inner = list(ast.walk(node))
        names = [each.id for each in inner if isinstance(each, ast.Name)]
        return bool(names) and all(isinstance(each, plain) for each in inner) and self._bound.issuperset(names)

    def _called(self, node: ast.expr) -> ast.expr:
        names = sorted({each.id for each in ast.walk(node) if isinstance(each, ast.Name)})
        helper = self._new_name()
        text = ast.unparse(ast.fix_missing_locations(ast.Expression(node)))
        self.before += ast.parse(f"def {helper}({', '.join(names)}):\n    return {text}").body
        return ast.Call(ast.Name(helper, ast.Load()), [ast.Name(name, ast.Load()) for name in names], [])


def negated(test: ast.expr) -> ast.expr:
    """The opposite of a condition."""
    return ast.UnaryOp(ast.Not(), test)
