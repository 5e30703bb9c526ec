"""What a tree says that its tests need: requirements read from its packaging files, with nothing run."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from itertools import pairwise
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hgen.scoring.python.sources import SourceError, statements
from hgen.sources.packaging_files import MOST_BYTES, read_ini, read_toml

Table = Mapping[str, object]

_TESTS = re.compile(r"(^|[-_./])(tests?|testing|pytest|unittests?|check)($|[-_.])")
_DEVELOPMENT = re.compile(r"(^|[-_./])(dev|devel|develop|development)($|[-_.])")
_DEFAULT_BUILD = ("setuptools>=64", "wheel")
_HASH = re.compile(r"(?<!\s)\s++--hash")
_OPTION_END = re.compile(r"[\s=]+")
_POETRY_BOUND = re.compile(r"[\^~]?\s*(\d[\w.]*)$")


@dataclass(frozen=True)
class Declared:
    """What a tree states; requirements are in the form of PEP 508, each once, in the order found."""

    name: str
    """The canonical name of its own distribution, or empty."""
    installable: bool
    """Whether there is something that an installer can install."""
    build: tuple[str, ...]
    own: tuple[str, ...]
    """Its dependencies, as far as they can be read; a ``setup.py`` may hold more."""
    tests: tuple[tuple[str, ...], ...]
    """Groups of what the tests need, the most telling first."""


def declared(files: Mapping[str, bytes]) -> Declared:
    """Read pyproject.toml, PKG-INFO, setup.cfg, setup.py, tox.ini, noxfile.py and requirements files; run nothing."""
    project = _toml(files, "pyproject.toml")
    cfg = read_ini(_read(files, "setup.cfg").decode(errors="replace"), strict=False)
    script = _calls(files, "setup.py", "setup")
    groups = [
        *_pyproject_groups(project),
        *_setup_groups(cfg, script),
        *_tool_groups(files, project),
        *_file_groups(files),
    ]
    # Decoded here: the parser of bytes makes objects that are no text of what is not ASCII.
    headers = HeaderParser().parsestr(_read(files, "PKG-INFO").decode(errors="replace"))
    name = _name(project, cfg, script) or str(headers.get("Name", ""))
    own = [
        *_strings(_table(project, "project").get("dependencies")),
        *_poetry(_table(_poetry_table(project), "dependencies")),
        *_lines(cfg.get("options", {}).get("install_requires", "")),
        *_strings(script.get("install_requires")),
        *(text for text in headers.get_all("Requires-Dist", []) if "extra" not in text.partition(";")[2]),
    ]
    build = _strings(_table(project, "build-system").get("requires")) or list(_DEFAULT_BUILD)
    extras: dict[str, list[str]] = {canonicalize_name(group): wanted for group, wanted in groups}
    return Declared(
        name=canonicalize_name(name) if name else "",
        installable="setup.py" in files or bool({"project", "build-system"} & project.keys() or _poetry_table(project)),
        build=answerable(build, name, extras),
        own=answerable(own, name, extras),
        tests=tuple(_ranked(groups, name, extras)),
    )


def answerable(texts: Iterable[str], name: str, extras: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The requirements that an index can answer; a mention of the project's own extras stands for what is in them.

    One that names an address is none: whatever lies there would be built, that is run, with a network.
    """
    found: dict[str, None] = {}
    pending = list(texts)
    seen: set[str] = set()
    while pending:
        text = pending.pop(0).partition(" #")[0].strip()
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if name and canonicalize_name(requirement.name) == canonicalize_name(name):
            fresh = {canonicalize_name(extra) for extra in requirement.extras} - seen
            seen |= fresh
            pending = [text for extra in sorted(fresh) for text in extras.get(extra, [])] + pending
        elif requirement.url is None:
            found[str(requirement)] = None
    return tuple(found)


def _ranked(
    groups: list[tuple[str, list[str]]], name: str, extras: Mapping[str, list[str]]
) -> Iterator[tuple[str, ...]]:
    """The groups for tests; only where there are none, those for development, without what is for neither."""
    of_tests = [answerable(wanted, name, extras) for group, wanted in groups if _TESTS.search(group.lower())]
    of_development = [
        answerable(wanted, name, extras) for group, wanted in groups if _DEVELOPMENT.search(group.lower())
    ]
    yield from filter(None, of_tests if any(of_tests) else of_development)


def _pyproject_groups(project: Table) -> Iterator[tuple[str, list[str]]]:
    for name, wanted in _table(_table(project, "project"), "optional-dependencies").items():
        yield name, _strings(wanted)
    groups = _table(project, "dependency-groups")
    for name in groups:
        yield name, _included(groups, name)
    poetry = _poetry_table(project)
    yield "dev", _poetry(_table(poetry, "dev-dependencies"))
    for name, group in _table(poetry, "group").items():
        yield name, _poetry(_table(group, "dependencies"))
    tool = _table(project, "tool")
    for name, wanted in _table(_table(tool, "pdm"), "dev-dependencies").items():
        yield name, _strings(wanted)
    yield "dev", _strings(_table(tool, "uv").get("dev-dependencies"))
    for name, environment in _table(_table(tool, "hatch"), "envs").items():
        wanted = [_table({"e": environment}, "e").get(key) for key in ("dependencies", "extra-dependencies")]
        yield ("test" if name == "hatch-test" else name), [text for group in wanted for text in _strings(group)]


def _included(groups: Table, name: str) -> list[str]:
    """A dependency group with the groups that it includes (PEP 735), each once."""
    found: list[str] = []
    seen: set[str] = set()
    pending: list[object] = [{"include-group": name}]
    while pending:
        member = pending.pop()
        group = member.get("include-group") if isinstance(member, dict) else None
        if isinstance(member, str):
            found.append(member)
        elif isinstance(group, str) and group not in seen:
            seen.add(group)
            members = groups.get(group)
            pending += reversed(members) if isinstance(members, list) else ()
    return found


def _setup_groups(cfg: Mapping[str, Mapping[str, str]], script: Table) -> Iterator[tuple[str, list[str]]]:
    for name, wanted in cfg.get("options.extras_require", {}).items():
        yield name, _lines(wanted)
    yield "tests", _lines(cfg.get("options", {}).get("tests_require", ""))
    yield "tests", _strings(script.get("tests_require"))
    for name, group in _table(script, "extras_require").items():
        yield name, _strings(group)


def _tool_groups(files: Mapping[str, bytes], project: Table) -> Iterator[tuple[str, list[str]]]:
    """What tox and nox install for the tests."""
    for tox in (_toml(files, "tox.toml"), _table(_table(project, "tool"), "tox")):
        named = {name: table for name, table in _table(tox, "env").items() if _TESTS.search(name.lower())}
        for environment in [_table(tox, "env_run_base"), *named.values()]:
            lines = _strings(environment.get("deps")) if isinstance(environment, Mapping) else []
            yield "tests", [found for line in lines for found in _followed(files, line)]
    legacy = _table(_table(project, "tool"), "tox").get("legacy_tox_ini")
    text = legacy if isinstance(legacy, str) else _read(files, "tox.ini").decode(errors="replace")
    for section, values in read_ini(text, strict=False).items():
        if section == "testenv" or _TESTS.search(section.removeprefix("testenv:")):
            # Factors such as ``py39: mock`` say in which environments a line counts.
            plain = [line.rpartition(": ")[2] for line in _lines(values.get("deps", ""))]
            yield "tests", [found for line in plain for found in _followed(files, line)]
    for function in ast.walk(_tree(files, "noxfile.py")):
        if isinstance(function, ast.FunctionDef) and _TESTS.search(function.name):
            yield "tests", [found for text in _installed(function) for found in _followed(files, text)]


def _installed(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "install":
            words = [word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
            yield from (" ".join(pair) for pair in pairwise(words) if pair[0] == "-r")
            yield from (word for word in words if not word.startswith("-"))


def _file_groups(files: Mapping[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """Requirements files; what they are for stands in their path."""
    for file in sorted(files):
        path = PurePosixPath(file)
        if path.suffix in (".txt", ".in") and "requirement" in file.lower() and len(path.parts) <= 3:
            yield str(path.with_suffix("")), list(_file(files, file))


def _followed(files: Mapping[str, bytes], line: str) -> list[str]:
    option, _, file = line.partition(" ") if line.startswith("-r ") else line.partition("-r")
    if line.startswith("-r"):
        return list(_file(files, file.strip()))
    return [] if option.startswith("-") else [line]


def _file(files: Mapping[str, bytes], file: str) -> Iterator[str]:
    """What a requirements file asks for, with the files that it names, each once."""
    seen: set[str] = set()
    pending = [(PurePosixPath(), f"-r {file}")]
    while pending:
        folder, line = pending.pop()
        text = _HASH.split(line)[0]
        if text.startswith(("-r", "--requirement")):
            named = folder / _OPTION_END.split(text.removeprefix("-r"), maxsplit=1)[-1].strip()
            if str(named) in files and str(named) not in seen:
                seen.add(str(named))
                lines = _lines(_read(files, str(named)).decode(errors="replace").replace("\\\n", " "))
                pending += ((named.parent, line) for line in reversed(lines))
        elif not text.startswith("-"):
            yield text


def _poetry(table: Table) -> list[str]:
    """Poetry's own form of requirements; of its bounds only the lower one is kept."""
    found = []
    for name, wanted in table.items():
        bound = wanted.get("version") if isinstance(wanted, dict) else wanted
        if name == "python" or (isinstance(wanted, dict) and (wanted.get("optional") or "version" not in wanted)):
            continue
        lower = _POETRY_BOUND.match(bound) if isinstance(bound, str) else None
        found.append(f"{name}>={lower[1]}" if lower else name)
    return found


def _name(project: Table, cfg: Mapping[str, Mapping[str, str]], script: Table) -> str:
    stated = [
        _table(project, "project").get("name"),
        _poetry_table(project).get("name"),
        _table(_table(_table(project, "tool"), "flit"), "metadata").get("module"),
        cfg.get("metadata", {}).get("name"),
        script.get("name"),
    ]
    return next((name for name in stated if isinstance(name, str) and name), "")


def _poetry_table(project: Table) -> Table:
    return _table(_table(project, "tool"), "poetry")


def _calls(files: Mapping[str, bytes], file: str, function: str) -> Table:
    """The keyword arguments of a function's calls that are literals."""
    found: dict[str, object] = {}
    for node in ast.walk(_tree(files, file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            for keyword in node.keywords if called == function else ():
                try:
                    found[keyword.arg or ""] = ast.literal_eval(keyword.value)
                except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                    continue
    return found


def _tree(files: Mapping[str, bytes], file: str) -> ast.AST:
    try:
        return ast.Module(statements(_read(files, file)), [])
    except SourceError:
        return ast.Module([], [])


def _toml(files: Mapping[str, bytes], file: str) -> Table:
    return read_toml(_read(files, file).decode(errors="replace"))


def _read(files: Mapping[str, bytes], file: str) -> bytes:
    content = files.get(file, b"")
    return content if len(content) <= MOST_BYTES else b""


def _table(table: object, key: str) -> Table:
    value = table.get(key) if isinstance(table, Mapping) else None
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return _lines(value)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip() and not line.strip().startswith("#")]
