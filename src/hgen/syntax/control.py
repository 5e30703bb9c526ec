"""Statements with blocks: branches, loops, handlers, context managers and patterns."""

from tree_sitter import Node

from hgen.syntax.conditions import known_outcome
from hgen.syntax.decode import Broken
from hgen.syntax.flow import State
from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import E_TUPLE, V_EXCEPTION, V_EXPR, V_ITEM, Expr
from hgen.syntax.narrowing import narrow
from hgen.syntax.patterns import read_pattern
from hgen.syntax.scope import ScopeReader


def read_if(reader: ScopeReader, node: Node) -> None:
    """Branches, and where they meet again."""
    flow = reader.flow
    states: list[State | None] = []
    test, block, *clauses = reader.parts(node)
    levels = 0
    never = False
    for clause in [node, *clauses]:
        parts = [test, block] if clause is node else reader.parts(clause)
        if len(parts) == 1:
            reader.block(parts[0])
            continue
        reader.expr(parts[0])
        flow.push()
        narrow(reader, parts[0], held=True)
        reader.block(parts[1])
        state = flow.pop()
        outcome = known_outcome(reader, parts[0])
        states.append(None if outcome is False or never else state)
        never = never or outcome is True
        flow.push()
        narrow(reader, parts[0], held=False)
        levels += 1
    otherwise = flow.pop()
    if never:
        otherwise = None
    for _ in range(levels - 1):
        narrowed = flow.pop()
        if otherwise is not None:
            for name, value in (narrowed or {}).items():
                otherwise.setdefault(name, value)
    flow.merge([*states, otherwise])


def read_while(reader: ScopeReader, node: Node) -> None:
    """A loop on a condition."""
    test, block, *clauses = reader.parts(node)
    endless = test.kind_id in kind_ids("true") or reader.source[test.start_byte : test.end_byte] == b"1"
    reader.flow.begin_loop()
    reader.expr(test)
    narrow(reader, test, held=True)
    reader.block(block)
    _after_loop(reader, clauses, None if endless else test, endless=endless)


def read_for(reader: ScopeReader, node: Node) -> None:
    """A loop over items."""
    target, iterated, *rest = reader.parts(node)
    block = next(place for place, part in enumerate(rest) if part.kind_id in kind_ids("block"))
    items = [reader.expr(part) for part in (iterated, *rest[:block])]
    value: Expr = items[0] if len(items) == 1 else (E_TUPLE, tuple(items))
    reader.flow.begin_loop()
    is_async = node.children[0].type == "async"
    reader.assign(target, reader.flow.new((V_ITEM, value, is_async)))
    reader.block(rest[block])
    _after_loop(reader, rest[block + 1 :], None, endless=False)


def _after_loop(reader: ScopeReader, clauses: list[Node], test: Node | None, *, endless: bool) -> None:
    flow = reader.flow
    after, breaks = flow.end_loop(endless=endless)
    flow.push()
    for name, value in (after or {}).items():
        flow.put(name, value)
    if test is not None:
        noted = len(reader.sites)
        narrow(reader, test, held=False)
        del reader.sites[noted:]
    for clause in clauses:
        reader.block(reader.parts(clause)[0])
    flow.dead = flow.dead or after is None
    flow.merge([flow.pop(), *breaks])


def read_try(reader: ScopeReader, node: Node) -> None:
    """A block that may be left anywhere, and its handlers."""
    flow = reader.flow
    block, *clauses = reader.parts(node)
    handlers = [clause for clause in clauses if clause.type.startswith("except")]
    flow.begin_try()
    reader.block(block)
    assigned = flow.end_try()
    for clause in clauses:
        if clause.type == "else_clause":
            reader.block(reader.parts(clause)[0])
    states = [flow.pop()]
    for handler in handlers:
        flow.push()
        flow.interrupted(assigned)
        _handler(reader, handler)
        states.append(flow.pop())
    flow.merge(states, preferred=any(_catches_import_error(reader, handler) for handler in handlers))
    for clause in clauses:
        if clause.type == "finally_clause":
            dead = flow.dead
            if dead:
                flow.interrupted(assigned)
            flow.dead = False
            reader.block(reader.parts(clause)[0])
            flow.dead = flow.dead or dead


def _catches_import_error(reader: ScopeReader, handler: Node) -> bool:
    classes = reader.source[handler.start_byte : reader.parts(handler)[-1].start_byte]
    return b"ImportError" in classes or b"ModuleNotFoundError" in classes


def _handler(reader: ScopeReader, node: Node) -> None:
    *classes, block = reader.parts(node)
    if len(classes) > 1:
        raise Broken("python-2")
    for part in classes:
        if part.kind_id in kind_ids("as_pattern"):
            classes_node, target = reader.parts(part)
            group = any(child.type == "except*" for child in node.children)
            value = reader.flow.new((V_EXCEPTION, reader.expr(classes_node), group))
            reader.assign(reader.parts(target)[0], value)
        else:
            reader.expr(part)
    reader.block(block)


def read_with(reader: ScopeReader, node: Node) -> None:
    """Context managers."""
    clause, block = reader.parts(node)
    reader.async_with = node.children[0].type == "async"
    for item in reader.parts(clause):
        reader.expr(reader.parts(item)[0])
    reader.block(block)


def read_match(reader: ScopeReader, node: Node) -> None:
    """Patterns, each as a branch."""
    flow = reader.flow
    *subjects, block = reader.parts(node)
    values = [reader.expr(subject) for subject in subjects]
    subject = flow.new((V_EXPR, values[0] if len(values) == 1 else (E_TUPLE, tuple(values))))
    states: list[State | None] = []
    for case in reader.parts(block):
        flow.push()
        parts = reader.parts(case)
        read_pattern(reader, parts, subjects[0] if len(subjects) == 1 else None, subject)
        for part in parts:
            if part.kind_id in kind_ids("if_clause"):
                test = reader.parts(part)[0]
                reader.expr(test)
                narrow(reader, test, held=True)
        reader.block(parts[-1])
        states.append(flow.pop())
    flow.merge([*states, {}])
