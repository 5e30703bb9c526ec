"""What a name means: through scopes, modules, imports and builtins."""

from hgen.resolve.instances import builtin_instance
from hgen.resolve.objects import Frame, LoadedModule
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    FOLDER,
    LOADED,
    MODULE,
    NOTHING,
    OUTSIDE,
    PATH,
    SPECIAL,
    TAG,
    UNKNOWN,
    VARIABLE,
    Atom,
    Type,
    union,
)
from hgen.syntax.ir import (
    CLASS_SCOPE,
    CONSTANT,
    E_CONSTANT,
    E_LIST,
    E_TUPLE,
    FUNCTION_SCOPE,
    ITEMS,
    KIND,
    MODULE_SCOPE,
    V_EXPR,
)

_TYPING = ("typing", "typing_extensions")
_SPECIAL_FORMS = frozenset(
    [
        "Annotated",
        "Any",
        "Callable",
        "ClassVar",
        "Concatenate",
        "Final",
        "Generic",
        "Literal",
        "LiteralString",
        "Never",
        "NoReturn",
        "NotRequired",
        "Optional",
        "ParamSpec",
        "Protocol",
        "ReadOnly",
        "Required",
        "Self",
        "Tuple",
        "Type",
        "TypeAlias",
        "TypeGuard",
        "TypeIs",
        "Union",
        "Unpack",
    ]
)
_ALIASES = {
    "List": ("builtins", "list"),
    "Dict": ("builtins", "dict"),
    "Set": ("builtins", "set"),
    "FrozenSet": ("builtins", "frozenset"),
    "DefaultDict": ("collections", "defaultdict"),
    "OrderedDict": ("collections", "OrderedDict"),
    "Counter": ("collections", "Counter"),
    "ChainMap": ("collections", "ChainMap"),
    "Deque": ("collections", "deque"),
}
_MODULE_NAMES = frozenset(
    ["__name__", "__file__", "__doc__", "__package__", "__path__", "__spec__", "__loader__", "__dict__", "__debug__"]
)
_MAX_STARS = 3_000


def outer_name(program: Program, frame: Frame, name: str) -> Type | None:
    """A name that a scope does not bind (yet), as the scopes around it see it; None if nothing defines it."""
    module, scope = frame.module, frame.scope
    while True:
        if name in scope.type_parameters:
            return ((VARIABLE, name, NOTHING),)
        if scope.kind == MODULE_SCOPE:
            break
        scope = module.scopes[scope.parent]
        if scope.kind == FUNCTION_SCOPE:
            around = program.frame(module, scope.index)
            if name in around.body.bound:
                return union(*[program.value(around, one) for one in around.body.bound[name]])
    found = global_name(program, module, name)
    return builtin(program, name) if found is None else found


def final_name(program: Program, frame: Frame, name: str) -> Type | None:
    """A name as annotations mean it: when everything in its scope is defined."""
    scope, body = frame.scope, frame.body
    if scope.kind == FUNCTION_SCOPE and name in body.bound:
        return union(*[program.value(frame, one) for one in body.bound[name]])
    if scope.kind == CLASS_SCOPE and name in body.final:
        return program.value(frame, body.final[name])
    return outer_name(program, frame, name)


def global_name(program: Program, module: LoadedModule, name: str) -> Type | None:
    """A name of a finished module, without builtins; None if it has none."""
    known = module.globals.get(name)
    if type(known) is tuple:
        return known
    if known is None:
        frame = program.frame(module, 0)
        alias = _ALIASES.get(name) if module.outside and module.name in _TYPING else None
        if alias:
            home, own_name = alias
            if origin := program.stub(home):
                return global_name(program, origin, own_name)
        special = module.outside and name in _SPECIAL_FORMS and module.name in _TYPING
        if special:
            module.globals[name] = ((SPECIAL, name),)
        elif name in frame.body.final or name in module.outer_stores:
            return program.solver.solve(module.globals, name, _global_value, program, module, frame, name)
        else:
            return _from_stars(program, module, name)
    return program.solver.solve(module.globals, name, _global_value, program, module, program.frame(module, 0), name)


def builtin(program: Program, name: str) -> Type | None:
    """A name that is always there."""
    if name in _MODULE_NAMES:
        return builtin_instance(program, "str")
    builtins = program.stub("builtins")
    return None if builtins is None or name.startswith("reveal_") else global_name(program, builtins, name)


def module_attribute(program: Program, atom: Atom, name: str) -> Type | None:  # noqa: PLR0911
    """An attribute of a module or namespace package, submodules included; None if nothing defines it."""
    if atom[TAG] == FOLDER:
        found = program.finder.below(atom[PATH], name)
        return None if found is None else (program.at(found),)
    module: LoadedModule = atom[LOADED]
    value = global_name(program, module, name)
    if value:
        return value
    inner = program.submodule(module, name)
    if inner is not None:
        return (inner,)
    if value is not None:
        return value
    if name in _MODULE_NAMES:
        return builtin_instance(program, "str")
    if "__getattr__" in program.frame(module, 0).body.final:
        return UNKNOWN
    return None


def imported(program: Program, frame: Frame, module: str, name: str, level: int) -> Type:
    """What an import binds."""
    if not module and not level:
        return UNKNOWN
    source = program.import_module(frame.module, module, level)
    if not name or source in (ANY, OUTSIDE):
        return (source,)
    found = module_attribute(program, source, name)
    if found is None:
        # The stubs are those of one Python version: a name that they lack is one whose import fails.
        return NOTHING if source[TAG] == MODULE and source[LOADED].outside else UNKNOWN
    return found


def exported(program: Program, module: LoadedModule) -> frozenset[str] | None:
    """The names in ``__all__``; None if there is none or it is not a plain list."""
    if "__all__" not in module.memo:
        module.memo["__all__"] = _exported(program, module)
    listed: frozenset[str] | None = module.memo["__all__"]
    return listed


def _exported(program: Program, module: LoadedModule) -> frozenset[str] | None:
    body = program.frame(module, 0).body
    value = body.values[body.final["__all__"]] if "__all__" in body.final else None
    if value is None or value[KIND] != V_EXPR:
        return None
    _, listed = value
    if listed[KIND] not in (E_LIST, E_TUPLE):
        return None
    items = listed[ITEMS]
    if not all(item[KIND] == E_CONSTANT and item[CONSTANT] is not None for item in items):
        return None
    return frozenset([str(item[CONSTANT]) for item in items])


def _global_value(program: Program, module: LoadedModule, frame: Frame, name: str) -> Type:
    parts: list[Type] = [NOTHING]
    number = frame.body.final.get(name)
    if number is not None:
        if module.module.stars and (starred := _from_stars(program, module, name, after=number)) is not None:
            return starred
        parts.append(program.value(frame, number))
    for scope, stored in module.outer_stores.get(name, ()):
        parts.append(program.value(program.frame(module, scope), stored))
    return union(*parts)


def _from_stars(program: Program, module: LoadedModule, name: str, after: int = -1) -> Type | None:
    """A name that star imports bring, those after a value only; unknown if one of them might."""
    if not module.module.stars:
        return None
    if (name, after) not in module.starred:
        module.starred[name, after] = _search_stars(program, module, name, after)
    return module.starred[name, after]


def _search_stars(program: Program, module: LoadedModule, name: str, after: int) -> Type | None:
    unclear: Type | None = None
    seen = {id(module)}
    pending = [source for place, source in _star_sources(program, module) if place > after]
    while pending:
        source = pending.pop()
        if source[TAG] != MODULE:
            unclear = unclear or ((OUTSIDE,) if source == OUTSIDE else UNKNOWN)
            continue
        origin: LoadedModule = source[LOADED]
        if id(origin) in seen or len(seen) > _MAX_STARS:
            continue
        seen.add(id(origin))
        body = program.frame(origin, 0).body
        listed = exported(program, origin)
        if name not in listed if listed is not None else name.startswith("_") and "__all__" not in body.final:
            continue
        if name in body.bound or name in origin.outer_stores:
            return global_name(program, origin, name)
        if listed is not None and (inner := program.submodule(origin, name)) is not None:
            return (inner,)
        pending.extend([inner for _, inner in _star_sources(program, origin)])
    if unclear == (OUTSIDE,) and builtin_exists(program, name):
        return None
    return unclear


def _star_sources(program: Program, module: LoadedModule) -> list[tuple[int, Atom]]:
    """What a module's star imports import from, each with its place among the module's values."""
    if module.star_sources is None:
        module.star_sources = [
            (place, program.import_module(module, source, level)) for place, source, level in module.module.stars
        ]
    return module.star_sources


def builtin_exists(program: Program, name: str) -> bool:
    """Whether a name is a builtin: star imports from outside rarely hide one."""
    builtins = program.stub("builtins")
    return builtins is not None and name in program.frame(builtins, 0).body.final
