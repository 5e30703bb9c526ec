"""How much of ``dep-search`` falls to a script that understands nothing: regular expressions and ``grep``.

    python -m benchmarks.lazy_deps OUT [--list]

OUT is the folder of a run. Each sound task is tried by a bored engineer's script: it takes the names that are called in
the subject's body; a name that one definition of the library bears is that definition; of several it takes the one in
the subject's class, else the one in its file, else the one in a file that it is imported from. It has a careful twin,
which also asks what stands before the dot, follows ``class A(B)`` to B, and leaves builtins alone. Nothing here is
shared with hgen's own baselines, which decide what ``synth`` draws: rows and archives are read as anybody would do it.
"""

import argparse
import builtins
import json
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_DEFINITION = re.compile(r"^(\s*)(?:async\s+)?(def|class)\s+(\w+)(.*)")
_CALL = re.compile(r"(?<![\w@])((?:\w+(?:\(\))?\s*\.\s*)*)([A-Za-z_]\w*)\s*\(|\braise\s+((?:\w+\.)*)([A-Za-z_]\w*)")
_FROM = re.compile(r"^\s*from\s+([.\w]+)\s+import\s+(\([^)]*\)|[^\n]*)", re.MULTILINE)
_PLAIN = re.compile(r"^\s*import\s+([.\w]+)(?:\s+as\s+(\w+))?", re.MULTILINE)
_STRINGS = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*')
_ASIDE = re.compile(
    r"(^|/)(tests?|testing|docs?|examples?|benchmarks?)/|(^|/)(test_[^/]*|[^/]*_test|conftest|setup)\.py$"
)


@dataclass
class Definition:
    """What a line that begins with ``def`` or ``class`` says."""

    file: str
    name: str
    qualname: str
    owner: str
    is_class: bool
    bases: str


@dataclass
class Repository:
    """All definitions that indentation and two key words tell, and the texts."""

    texts: dict[str, str]
    by_name: dict[str, list[Definition]] = field(default_factory=lambda: defaultdict(list))
    by_place: dict[tuple[str, str], Definition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the texts."""
        for file, text in self.texts.items():
            stack: list[tuple[int, str, bool]] = []
            for line in _STRINGS.sub(_blanked, text).split("\n"):
                match = _DEFINITION.match(line)
                if match:
                    indent = len(match[1].expandtabs())
                    while stack and stack[-1][0] >= indent:
                        stack.pop()
                    owner = ".".join(name if is_class else f"{name}.<locals>" for _, name, is_class in stack)
                    qualname = f"{owner}.{match[3]}" if owner else match[3]
                    found = Definition(file, match[3], qualname, owner, match[2] == "class", match[4])
                    self.by_name[match[3]].append(found)
                    self.by_place[file, qualname] = found
                    stack.append((indent, match[3], match[2] == "class"))


def main() -> None:
    """Try each task and print the shares that are solved fully."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--list", action="store_true", help="name each task with the scripts that solve it")
    options = parser.parse_args()
    solved: Counter[str] = Counter()
    tasks = 0
    for task in sound_tasks(options.out):
        tasks += 1
        repository = opened(options.out, task["snapshot"])
        wanted = {(target["file"], target["qualname"]) for target in task["targets"]}
        scripts = {"bored": bored, "careful": careful}
        right = [name for name, script in scripts.items() if script(repository, task) == wanted]
        solved.update(right + (["any"] if right else []))
        if options.list:
            print(task["instance_id"], ",".join(right) or "-")
    for name in ("bored", "careful", "any"):
        print(f"{name}: {solved[name]} of {tasks} dep-search tasks, {solved[name] / max(tasks, 1):.0%}")


def sound_tasks(out: Path) -> Iterator[dict]:
    """The sound tasks of the family."""
    for shard in sorted(out.glob("validate/[0-9]*.jsonl")):
        if shard.name.count(".") == 1:
            for line in shard.read_text(encoding="utf-8").split("\n"):
                task = json.loads(line)["task"] if line else None
                if task and task["family"] == "dep-search":
                    yield task


@lru_cache(maxsize=2)
def opened(out: Path, digest: str) -> Repository:
    """The repository of a snapshot."""
    with zipfile.ZipFile(out / "snapshots" / f"{digest}.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".py") and not _ASIDE.search(name))
        return Repository({name: archive.read(name).decode("utf-8", "replace") for name in names})


def bored(repository: Repository, task: dict) -> set[tuple[str, str]]:
    """Names only: unique, else the same class, else the same file, else the import."""
    found = set()
    file = task["subject"]["file"]
    owner = task["subject"]["qualname"].rpartition(".")[0]
    for _, written in calls(repository, task):
        source, name = imported(repository.texts[file]).get(written, ("", written))
        bearers = repository.by_name.get(name, [])
        for kept in (
            bearers,
            [one for one in bearers if one.file == file and one.owner == owner and owner],
            [one for one in bearers if one.file == file],
            [one for one in bearers if source and one.file in modules(repository, file, source)],
        ):
            if len(kept) == 1:
                found.add((kept[0].file, kept[0].qualname))
                break
    return found - {(file, task["subject"]["qualname"])}


def careful(repository: Repository, task: dict) -> set[tuple[str, str]]:
    """The same by somebody who looks at what stands before the dot."""
    found = set()
    file = task["subject"]["file"]
    owner = task["subject"]["qualname"].rpartition(".")[0]
    for before, written in calls(repository, task):
        one = _looked_up(repository, file, owner, before, written)
        if one is not None:
            found.add((one.file, one.qualname))
    return found - {(file, task["subject"]["qualname"])}


def _looked_up(repository: Repository, file: str, owner: str, before: str, written: str) -> Definition | None:
    names = imported(repository.texts[file])
    if not before:
        return _global(repository, file, written)
    if before in ("self", "cls", "super()"):
        home = repository.by_place.get((file, owner))
        return _of_class(repository, home, written, own=before != "super()") if home else None
    head = before.rsplit(".", maxsplit=1)[-1].removesuffix("()")
    value = _global(repository, file, head)
    if value is not None and value.is_class:
        return _of_class(repository, value, written, own=True)
    if head in names:
        files = modules(repository, file, names[head][0]) | modules(repository, file, ".".join(names[head]))
        return _only([one for one in repository.by_name.get(written, []) if one.file in files and not one.owner])
    bearers = [one for one in repository.by_name.get(written, []) if one.owner]
    if len(bearers) == 1 and not any(hasattr(kind, written) for kind in (str, list, dict, set, bytes, tuple)):
        return bearers[0]
    return None


def _global(repository: Repository, file: str, written: str) -> Definition | None:
    own = repository.by_place.get((file, written))
    if own is not None:
        return own
    names = imported(repository.texts[file])
    if written in names:
        source, name = names[written]
        bearers = [one for one in repository.by_name.get(name, []) if not one.owner]
        return _only([one for one in bearers if one.file in modules(repository, file, source)]) or _only(bearers)
    if hasattr(builtins, written):
        return None
    return _only([one for one in repository.by_name.get(written, []) if not one.owner])


def _of_class(repository: Repository, home: Definition, name: str, *, own: bool) -> Definition | None:
    seen: list[Definition] = []
    waiting = [home]
    while waiting and len(seen) < 20:
        cls = waiting.pop(0)
        if cls in seen:
            continue
        seen.append(cls)
        method = repository.by_place.get((cls.file, f"{cls.qualname}.{name}"))
        if method is not None and (own or cls is not home):
            return method
        for base in re.findall(r"[\w.]+", cls.bases.partition("#")[0]):
            found = _global(repository, cls.file, base.rpartition(".")[2])
            if found is not None and found.is_class:
                waiting.append(found)
    return None


def _only(some: list[Definition]) -> Definition | None:
    return some[0] if len(some) == 1 else None


def calls(repository: Repository, task: dict) -> list[tuple[str, str]]:
    """What stands before the dot, and the name, of all that looks like a call or a raise in the subject's body."""
    subject = task["subject"]
    lines = _STRINGS.sub(_blanked, repository.texts[subject["file"]]).split("\n")
    first = subject["def_line"] - 1
    indent = len(lines[first]) - len(lines[first].lstrip())
    depth, last = 0, first
    while True:
        depth += sum(lines[last].count(sign) for sign in "([{") - sum(lines[last].count(sign) for sign in ")]}")
        last += 1
        if depth <= 0:
            break
    header = lines[last - 1].rpartition(":")[2]
    end = last
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent):
        end += 1
    body = "\n".join([header, *lines[last:end]])
    found = []
    for match in _CALL.finditer(body):
        before = re.sub(r"\s", "", match[1] or match[3] or "").rstrip(".")
        name = match[2] or match[4]
        if not re.search(r"\b(?:def|class)\s+$", body[: match.start()][-12:]):
            found.append((before, name))
    return found


def imported(text: str) -> dict[str, tuple[str, str]]:
    """For each imported name the module and the name there."""
    return _imported(text)


@lru_cache(maxsize=512)
def _imported(text: str) -> dict[str, tuple[str, str]]:
    found = {}
    for module, names in _FROM.findall(text):
        for item in re.sub(r"#[^\n]*", "", names).strip("()").split(","):
            name, _, other = item.strip().partition(" as ")
            if name.strip():
                found[(other or name).strip()] = (module, name.strip())
    for module, other in _PLAIN.findall(text):
        found[other or module.rpartition(".")[2]] = (module.rpartition(".")[0], module.rpartition(".")[2])
    return found


def modules(repository: Repository, file: str, module: str) -> set[str]:
    """The files that a module may be, its package's included."""
    path = module.strip(".").replace(".", "/")
    if module.startswith("."):
        folder = file.split("/")[: -(len(module) - len(module.lstrip("."))) or None]
        path = "/".join([*folder, path]).rstrip("/")
    endings = (f"{path}.py", f"{path}/__init__.py")
    return {name for name in repository.texts if any(name == end or name.endswith(f"/{end}") for end in endings)}


def _blanked(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


if __name__ == "__main__":
    main()
