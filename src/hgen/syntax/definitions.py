"""Functions and classes: what their records say, and the scopes that they open."""

from dataclasses import dataclass

from tree_sitter import Node

from hgen.syntax.annotations import annotation
from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import (
    CLASS_SCOPE,
    E_UNKNOWN,
    FUNCTION_SCOPE,
    KEYWORD_ONLY,
    KEYWORDS,
    POSITIONAL,
    VARARGS,
    Definition,
    Expr,
    Parameter,
    Scope,
)
from hgen.syntax.reader import Reader
from hgen.syntax.tokens import fold

_NOWHERE = (0, 0, 0, 0, None, 0, "", (), (0, 0), (0, 0), 0, 0)
"""A definition in a stub: nobody asks for its place."""


@dataclass(frozen=True, slots=True)
class Header:
    """A definition without its body."""

    scope: Scope
    definition: Definition
    block: Node


def read_header(
    reader: Reader, node: Node, outermost: Node, *, outer: Scope, prefix: str, index: int, stub: bool
) -> Header:
    """Read a definition's header in the scope around it; calls in it belong to nobody.

    ``prefix`` is what the qualified name starts with, ``index`` the number of the new scope; in a ``stub`` file
    bases are looked up like annotations.
    """
    parts = reader.parts(node)
    name, block = parts[0], parts[-1]
    is_class = node.kind_id in kind_ids("class_definition")
    is_async = node.children[0].type == "async"
    decorators = reader.parts(outermost)[:-1] if outermost != node else []
    noted = len(reader.sites)
    scope = Scope(
        index=index,
        kind=CLASS_SCOPE if is_class else FUNCTION_SCOPE,
        name=reader.text(name),
        parent=outer.index,
        symbol=index - 1,
        is_async=is_async,
        conditional=reader.flow.depth > 0,
        decorators=tuple(reader.expr(reader.parts(decorator)[0]) for decorator in decorators),
    )
    for part in parts[1:-1]:
        if part.kind_id in kind_ids("parameters"):
            scope.parameters = _parameters(reader, part)
        elif part.kind_id in kind_ids("type"):
            scope.returns = annotation(reader, part)
        elif part.kind_id in kind_ids("argument_list"):
            scope.bases, scope.keywords = _bases(reader, part, stub=stub)
        elif part.kind_id in kind_ids("type_parameter"):
            scope.type_parameters = tuple(_first_name(reader, child) for child in reader.parts(part))
    if not is_class:
        del reader.sites[noted:]
    is_method = outer.kind == CLASS_SCOPE
    kind = "class" if is_class else "method" if is_method else "async function" if is_async else "function"
    qualname = prefix + reader.source[name.start_byte : name.end_byte].decode()
    if stub:
        return Header(scope, Definition(qualname, kind, *_NOWHERE), block)
    texts = tuple(fold(reader.source[part.start_byte + 1 : part.end_byte]) for part in decorators)
    definition = _definition(
        reader, node, outermost, block, qualname=qualname, kind=kind, decorators=texts, index=index
    )
    return Header(scope, definition, block)


def _definition(
    reader: Reader,
    node: Node,
    outermost: Node,
    block: Node,
    *,
    qualname: str,
    kind: str,
    decorators: tuple[str, ...],
    index: int,
) -> Definition:
    statements = reader.parts(block)
    colon = block
    while colon.type != ":":
        before = colon.prev_sibling
        assert before is not None
        colon = before
    first = statements[0] if statements else block
    docstring = _docstring(reader, first)
    last = _last(reader, statements[-1]) if statements else colon
    def_line, column = reader.start(node)
    return Definition(
        qualname=qualname,
        kind=kind,
        start_line=reader.start(outermost)[0],
        def_line=def_line,
        body_line=reader.start(first)[0],
        end_line=reader.end(last)[0],
        docstring=(reader.start(first)[0], reader.end(first)[0]) if docstring else None,
        statements=len(statements),
        signature=fold(reader.source[node.start_byte : colon.start_byte]),
        decorators=decorators,
        body_bytes=(first.start_byte, last.end_byte),
        docstring_bytes=(first.start_byte, first.end_byte) if docstring else (first.start_byte, first.start_byte),
        scope=index,
        column=column,
    )


def _docstring(reader: Reader, statement: Node) -> bool:
    """Whether a statement is a plain string, not an f-string or bytes."""
    if statement.kind_id not in kind_ids("expression_statement"):
        return False
    parts = reader.parts(statement)
    while len(parts) == 1 and parts[0].kind_id in kind_ids("parenthesized_expression"):
        parts = reader.parts(parts[0])
    if len(parts) != 1 or statement.children[-1].type == ",":
        return False
    strings = reader.parts(parts[0]) if parts[0].kind_id in kind_ids("concatenated_string") else parts
    return all(
        string.kind_id in kind_ids("string")
        and not set(reader.source[string.start_byte : string.start_byte + 3].lower().replace(b"'", b'"').split(b'"')[0])
        & set(b"fbt")
        for string in strings
    )


def _last(reader: Reader, node: Node) -> Node:
    """The last part of a statement that is not a comment."""
    blocks = kind_ids("block")
    while True:
        parts = reader.parts(node)
        if not parts or not (parts[-1].kind_id in blocks or _ends_in_block(reader, parts[-1])):
            return node if node.kind_id not in blocks or not parts else _last(reader, parts[-1])
        inner = reader.parts(parts[-1]) if parts[-1].kind_id in blocks else [parts[-1]]
        if not inner:
            return node
        node = inner[-1]


def _ends_in_block(reader: Reader, node: Node) -> bool:
    parts = reader.parts(node)
    return bool(parts) and parts[-1].kind_id in kind_ids("block")


def _parameters(reader: Reader, node: Node) -> tuple[Parameter, ...]:
    result: list[Parameter] = []
    positional = True
    for part in reader.parts(node):
        if part.kind_id in kind_ids("identifier"):
            place = POSITIONAL if positional else KEYWORD_ONLY
            result.append(Parameter(reader.text(part), None, place, None))
            continue
        inner = reader.parts(part)
        kind, name, declared = part.type, inner[0] if inner else part, None
        if kind == "keyword_separator":
            positional = False
            continue
        if kind == "positional_separator":
            continue
        typed = [child for child in inner if child.kind_id in kind_ids("type")]
        default = reader.expr(inner[-1]) if "default" in kind else None
        if typed:
            declared = annotation(reader, typed[0])
        splat = name if kind == "typed_parameter" else part
        if splat.kind_id in kind_ids("list_splat_pattern"):
            positional, place = False, VARARGS
        elif splat.kind_id in kind_ids("dictionary_splat_pattern"):
            place = KEYWORDS
        else:
            place = POSITIONAL if positional else KEYWORD_ONLY
        result.append(Parameter(_first_name(reader, name), declared, place, default))
    return tuple(result)


def _first_name(reader: Reader, node: Node) -> str:
    while node.kind_id not in kind_ids("identifier"):
        parts = reader.parts(node)
        if not parts:
            return reader.text(node)
        node = parts[0]
    return reader.text(node)


def _bases(reader: Reader, node: Node, *, stub: bool) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
    bases: list[Expr] = []
    keywords: list[tuple[str, Expr]] = []
    for part in reader.parts(node):
        if part.kind_id in kind_ids("keyword_argument"):
            name, value = reader.parts(part)
            keywords.append((reader.text(name), reader.expr(value)))
        elif part.kind_id in kind_ids("list_splat", "dictionary_splat"):
            reader.expr(part)
            bases.append((E_UNKNOWN,))
        else:
            bases.append(annotation(reader, part) if stub else reader.expr(part))
    return tuple(bases), tuple(keywords)
