"""A whole repository: parse its files, resolve every call, and say which functions are complete."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hgen.records import BrokenFile, Symbol
from hgen.resolve import targets
from hgen.resolve.conditional import conditionally_bound, conditionally_imported, is_by_name
from hgen.resolve.inference import inheritance
from hgen.resolve.inference.typed_program import TypedProgram
from hgen.resolve.likely.by_name_only import topmost
from hgen.resolve.objects import Answer, Answers, Frame, Function, LoadedModule
from hgen.resolve.program import Program
from hgen.resolve.reach import WAYS, ways
from hgen.resolve.solver import deep_stack, without_collector
from hgen.syntax import Broken, parse_module
from hgen.syntax.ir import (
    E_VALUE,
    FUNCTION_SCOPE,
    KIND,
    NUMBER,
    V_OUTER,
    Definition,
    Module,
    Scope,
    Site,
    written,
)
from hgen.syntax.parser import MAX_BYTES
from hgen.syntax.tokens import body_digest

_MAX_CANDIDATES = 12


class Call(NamedTuple):
    """One call, or one class raised without a call."""

    line: int
    column: int
    end_line: int
    end_column: int
    name: str
    status: str
    """``resolved``, ``external`` or ``unknown``."""
    callees: tuple[int, ...]
    doubt: str


class FunctionCalls(NamedTuple):
    """What one function calls."""

    symbol: int
    complete: bool
    reason: str
    """Why the function is not offered, or ""."""
    deps: tuple[int, ...]
    calls: tuple[Call, ...]
    ways: tuple[str, ...] = ()
    """What following its calls needs; see ``reach.WAYS``. Only if it is complete."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """All symbols of a repository, and what its functions call."""

    symbols: tuple[Symbol, ...]
    broken: tuple[BrokenFile, ...]
    functions: tuple[FunctionCalls, ...]


def analyse(files: Mapping[str, bytes], *, max_bytes: int = MAX_BYTES) -> Analysis:
    """Resolve every call of a repository, given as repository-relative posix paths and contents."""
    with deep_stack(), without_collector():
        modules, broken = parse_files(files, max_bytes=max_bytes)
        functions = tuple(resolve_functions(modules, {each.file: files[each.file][:max_bytes] for each in broken}))
        by_symbol = {function.symbol: function for function in functions}
        symbols: list[Symbol] = []
        for path in sorted(modules):
            for definition in modules[path].symbols:
                symbols.append(_record(modules[path], definition, by_symbol.get(len(symbols))))
    return Analysis(tuple(symbols), broken, functions)


def parse_files(files: Mapping[str, bytes], *, max_bytes: int) -> tuple[dict[str, Module], tuple[BrokenFile, ...]]:
    """Parse the Python files among some files; those that are broken are listed with a reason."""
    modules: dict[str, Module] = {}
    broken: list[BrokenFile] = []
    for path in sorted(files):
        if path.endswith(".py"):
            try:
                modules[path] = parse_module(path, files[path], max_bytes=max_bytes)
            except Broken as error:
                broken.append(BrokenFile(file=path, reason=error.reason, detail=error.detail))
    return modules, tuple(broken)


def resolve_functions(modules: Mapping[str, Module], broken: Mapping[str, bytes]) -> Iterator[FunctionCalls]:
    """What each function and method calls, in the order of the symbols: by path, then by line."""
    program = TypedProgram(modules, broken)
    inheritance.note_subclasses(program)
    ambiguous, several = _ambiguous(program), conditionally_bound(program)
    for module in program.modules.values():
        functions = [scope for scope in module.scopes if scope.kind == FUNCTION_SCOPE]
        for scope in sorted(functions, key=lambda scope: scope.symbol):
            program.forget()
            yield _function(program, module, scope, ambiguous, several)
    program.release()


def _function(
    program: Program, module: LoadedModule, scope: Scope, ambiguous: frozenset[int], several: frozenset[str]
) -> FunctionCalls:
    frame = program.frame(module, scope.index)
    own = module.first_symbol + scope.symbol
    inside = _inside(module, scope)
    answers: Answers = module.answers if module.sees_globals(scope) else {}
    calls = tuple([_call(program, frame, site, answers) for site in frame.body.sites])
    found = {callee for call in calls for callee in call.callees}
    deps = tuple(sorted(found - inside))
    reason = ""
    for call in calls:
        if call.status == "unknown" and not (call.callees and inside.issuperset(call.callees)):
            reason = "unknown call"
            break
        reason = reason or call.doubt
    if not reason and any(callee in ambiguous for callee in deps):
        reason = "ambiguous definition"
    complete = reason == ""
    if complete and (own in ambiguous or _names_one_of_several(program, frame, calls, several)):
        reason = "ambiguous definition"
    return FunctionCalls(own, complete, reason, deps, calls, () if reason else _ways(program, frame, calls, inside))


def _ways(program: Program, frame: Frame, calls: tuple[Call, ...], inside: set[int]) -> tuple[str, ...]:
    """What following the calls to dependencies needs, in the order of ``WAYS``."""
    found = {
        way
        for call, site in zip(calls, frame.body.sites, strict=True)
        for callee in call.callees
        if callee not in inside
        for way in ways(program, frame, site, callee)
    }
    return tuple(way for way in WAYS if way in found)


def _names_one_of_several(program: Program, frame: Frame, calls: tuple[Call, ...], several: frozenset[str]) -> bool:
    """Whether a call is written as one of these names, or as one of them in a module."""
    return any(
        call.name in several and is_by_name(program, frame, site)
        for call, site in zip(calls, frame.body.sites, strict=True)
    )


def _inside(module: LoadedModule, scope: Scope) -> set[int]:
    """The function itself and everything defined in it."""
    own = module.module.symbols[scope.symbol]
    prefix = own.qualname + ".<locals>."
    inside = {module.first_symbol + scope.symbol}
    place = scope.symbol + 1
    symbols = module.module.symbols
    while place < len(symbols) and symbols[place].def_line <= own.end_line:
        if symbols[place].qualname.startswith(prefix):
            inside.add(module.first_symbol + place)
        place += 1
    return inside


def _call(program: Program, frame: Frame, site: Site, answers: Answers) -> Call:
    """One call; ``answers`` are those for global names, by what is asked and the name."""
    kind, _, line, column, end_line, end_column = site
    expression = written(site)
    name = targets.written_name(expression, frame)
    if expression[KIND] == E_VALUE and frame.body.values[expression[NUMBER]][KIND] == V_OUTER:
        answer = answers.get((kind, name))
        if answer is None:
            answer = answers[kind, name] = _answer(program, frame, site)
    else:
        answer = _answer(program, frame, site)
    status, callees, doubt = answer
    return Call(line, column, end_line, end_column, name, status, callees, doubt)


def _answer(program: Program, frame: Frame, site: Site) -> Answer:
    found = program.solver.ask(targets.find, program, frame, site) or targets.Found(unknown=True)
    callees = tuple(sorted(found.callees))
    name = targets.written_name(written(site), frame)
    if found.unknown or len(callees) > 1 or (callees and found.outside):
        status = "unknown"
        callees = () if found.outside or found.called_instance else _likely(program, callees, name)
    else:
        status = "resolved" if callees else "external"
    return status, callees, found.doubt


def _likely(program: Program, callees: tuple[int, ...], name: str) -> tuple[int, ...]:
    """Of several definitions that a call can mean, the one that is likely: overridden by the others, the only one
    that bears the written name, or the only one that is not conditional.
    """
    if len(callees) <= 1:
        return callees
    found = [program.definition(callee) for callee in callees[:_MAX_CANDIDATES]]
    if len(found) == len(callees):
        top = topmost(program, [one for one in found if isinstance(one, Function)])
        if top is not None and all(isinstance(one, Function) and one.owner for one in found):
            return (top.symbol,)
    named = [one for one in found if one.scope.name == name]
    firm = [one for one in named if not one.scope.conditional]
    for few in (named, firm):
        if len(few) == 1:
            return (few[0].symbol,)
    return ()


def _ambiguous(program: Program) -> frozenset[int]:
    """Definitions that are conditional, imported conditionally, or that share their qualified name in their file."""
    found = conditionally_imported(program)
    for module in program.modules.values():
        seen: dict[str, int] = {}
        conditional: set[int] = set()
        for scope in module.scopes[1:]:
            number = module.first_symbol + scope.symbol
            if scope.conditional or scope.parent in conditional:
                conditional.add(scope.index)
                found.add(number)
            qualname = module.module.symbols[scope.symbol].qualname
            if qualname in seen:
                found.update((number, seen[qualname]))
            seen[qualname] = number
    return frozenset(found)


def _record(module: Module, definition: Definition, function: FunctionCalls | None) -> Symbol:
    return Symbol(
        file=module.path,
        qualname=definition.qualname,
        kind=definition.kind,
        start_line=definition.start_line,
        def_line=definition.def_line,
        body_line=definition.body_line,
        end_line=definition.end_line,
        docstring=definition.docstring,
        statements=definition.statements,
        signature=definition.signature,
        decorators=definition.decorators,
        body_digest=body_digest(module.utf8, definition.body_bytes, definition.docstring_bytes),
        offered=function is not None and not function.reason,
        unresolved=function.reason if function else "class",
        deps=function.deps if function else (),
        ways=function.ways if function else (),
    )
