"""Lazy baselines for ``dep-search``: agents that go by the names of calls, as a bored engineer's script would."""

import builtins
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from hgen.describe.corpus import Corpus
from hgen.families.base import is_library
from hgen.records import Symbol, Task

_CALLED = re.compile(r"\b\d*+([^\W\d]\w*+)\s*+\(|\braise\s++(?:[\w.]*\.)?([^\W\d]\w*+)")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_IMPORT = re.compile(
    r"^[ \t]*+(?:from[ \t]++([.\w]++)[ \t]++import[ \t]++(?:\(([^)]{0,4000}+)\)|([^(\n][^\n]*+))"
    r"|import[ \t]++([^\n]++))",
    re.MULTILINE,
)
_LAST_WORD = re.compile(r"(?<!\w)\w++$")
_LOOKED_BACK = 80
"""Characters before a called name, in which its receiver is looked for."""
_MOST_BASES = 20
_BUILTIN_METHODS = frozenset(name for kind in (str, bytes, list, dict, set, tuple, int) for name in dir(kind))


class Written(NamedTuple):
    """A call or a raise as it is written: what stands before the dot, and the name."""

    receiver: str
    """``self``, ``super()``, another name, ``)`` for the result of a call, or nothing."""
    name: str


def same_name(task: Task, corpus: Corpus) -> frozenset[int]:
    """Every definition that bears a name called in the subject's text."""
    return frozenset(place for name in _names(task, corpus) for place in corpus.by_name.get(name, ()))


def same_file(task: Task, corpus: Corpus) -> frozenset[int]:
    """Every definition in the subject's file that bears a name called in its text."""
    return frozenset(place for place in same_name(task, corpus) if _in_subjects_file(task, corpus.symbols[place]))


def unique_name(task: Task, corpus: Corpus) -> frozenset[int]:
    """Every definition that alone in the library bears a name called in the subject's text."""
    found = (_bearers(corpus, name) for name in _names(task, corpus))
    return frozenset(places[0] for places in found if len(places) == 1)


def nearest(task: Task, corpus: Corpus) -> frozenset[int]:
    """For each name called the one library definition of it, else the one in the same class, file, or import."""
    subject = _subject(task, corpus)
    if subject is None:
        return frozenset()
    imports = imports_of(corpus, subject.file)
    chosen = set()
    for called in written_calls(corpus, subject):
        module, name = imports.get(called.name, ("", called.name))
        bearers = _bearers(corpus, name)
        in_file = [place for place in bearers if corpus.symbols[place].file == subject.file]
        in_class = [place for place in in_file if subject.owner and corpus.symbols[place].owner == subject.owner]
        for places in (bearers, in_class, in_file, _in_module(corpus, bearers, module)):
            if len(places) == 1:
                chosen.add(places[0])
                break
    return frozenset(place for place in chosen if corpus.symbols[place] is not subject)


def read_by_text(corpus: Corpus, subject: Symbol) -> frozenset[int]:
    """What somebody finds who looks at what stands before the dot, and reads imports and the bases of classes.

    That is a small resolver rather than a lazy agent: it tells which tasks need types.
    """
    found = (_meant(corpus, subject, called) for called in written_calls(corpus, subject))
    return frozenset(place for place in found if place is not None and corpus.symbols[place] is not subject)


def written_calls(corpus: Corpus, subject: Symbol) -> list[Written]:
    """What the lines of a definition's body call and raise, each once, nested definitions and strings included."""
    first, last = subject.docstring or (0, 0)
    lines = corpus.lines(subject.file)
    numbers = range(subject.body_line, subject.end_line + 1)
    text = "\n".join(_COMMENT.sub("", lines[number - 1]) for number in numbers if not first <= number <= last)
    found: dict[Written, None] = {}
    for match in _CALLED.finditer(text):
        name, raised = match.groups()
        before = text[max(match.start() - _LOOKED_BACK, 0) : match.start()].rstrip()
        if not before.endswith(("def", "class")):
            found[Written("" if raised else _receiver(before), name or raised)] = None
    return list(found)


def _receiver(before: str) -> str:
    if not before.endswith("."):
        return ""
    before = before[:-1].rstrip()
    if before.endswith("super()"):
        return "super()"
    word = _LAST_WORD.search(before)
    return word.group() if word else ")"


def _subject(task: Task, corpus: Corpus) -> Symbol | None:
    """The subject's symbol; None where its file was not parsed."""
    assert task.subject is not None
    qualname, line = task.subject.qualname, task.subject.def_line
    symbols = (corpus.symbols[place] for place in corpus.by_file.get(task.subject.file, ()))
    return next((symbol for symbol in symbols if (symbol.qualname, symbol.def_line) == (qualname, line)), None)


def _in_subjects_file(task: Task, symbol: Symbol) -> bool:
    return task.subject is not None and symbol.file == task.subject.file


def _names(task: Task, corpus: Corpus) -> list[str]:
    subject = _subject(task, corpus)
    return list(dict.fromkeys(called.name for called in written_calls(corpus, subject))) if subject else []


def _bearers(corpus: Corpus, name: str) -> list[int]:
    """The library's definitions of a name."""
    return [place for place in corpus.by_name.get(name, ()) if is_library(corpus.symbols[place].file)]


def imports_of(corpus: Corpus, file: str) -> dict[str, tuple[str, str]]:
    """For each name that the file imports its module and its name there."""
    return _imports_in("\n".join(corpus.lines(file)))


@lru_cache(maxsize=256)
def _imports_in(text: str) -> dict[str, tuple[str, str]]:
    found = {}
    for module, inner, line, whole in _IMPORT.findall(text):
        for item in _COMMENT.sub("", inner or line or whole).split(","):
            name, _, other = item.strip().partition(" as ")
            if whole:
                package, _, last = name.strip().rpartition(".")
                found[(other or last).strip()] = (package, last)
            else:
                found[(other or name).strip()] = (module, name.strip())
    return found


def _in_module(corpus: Corpus, places: Iterable[int], module: str) -> list[int]:
    """Those of some definitions that stand in a file which a module's name can mean."""
    path = module.strip(".").replace(".", "/")
    if not module:
        return []
    ends = (f"/{path}.py", f"/{path}/__init__.py") if path else ("/__init__.py",)
    return [place for place in places if f"/{corpus.symbols[place].file}".endswith(ends)]


def _meant(corpus: Corpus, subject: Symbol, called: Written) -> int | None:
    receiver, name = called
    if not receiver:
        return _global(corpus, subject.file, name)
    if receiver in ("self", "cls", "super()"):
        return _in_class(corpus, _named(corpus, subject.file, subject.owner), name, own=receiver != "super()")
    value = _global(corpus, subject.file, receiver)
    if value is not None and corpus.symbols[value].kind == "class":
        return _in_class(corpus, value, name, own=True)
    if source := imports_of(corpus, subject.file).get(receiver):
        module = ".".join(filter(None, source))
        return _only(place for place in _in_module(corpus, _bearers(corpus, name), module) if _is_global(corpus, place))
    methods = [place for place in _bearers(corpus, name) if corpus.symbols[place].owner]
    return None if name in _BUILTIN_METHODS else _only(methods)


def _global(corpus: Corpus, file: str, name: str) -> int | None:
    """What a bare name in a file means: its own definition, what it imports, else the only one of the library."""
    own = _named(corpus, file, name)
    if own is not None:
        return own
    module, there = imports_of(corpus, file).get(name, ("", name))
    bearers = [place for place in _bearers(corpus, there) if _is_global(corpus, place)]
    if module and (place := _only(_in_module(corpus, bearers, module))) is not None:
        return place
    return _only(bearers) if module or not hasattr(builtins, name) else None


def _in_class(corpus: Corpus, cls: int | None, name: str, *, own: bool) -> int | None:
    """A method of a class or of the nearest base that has one, its bases read from the text."""
    waiting, seen = [cls], set[int]()
    while waiting and len(seen) < _MOST_BASES:
        home = waiting.pop(0)
        if home is None or home in seen:
            continue
        seen.add(home)
        symbol = corpus.symbols[home]
        method = _named(corpus, symbol.file, f"{symbol.qualname}.{name}")
        if method is not None and (own or home != cls):
            return method
        waiting += [_global(corpus, symbol.file, base) for base in _bases(symbol)]
    return None


def _bases(cls: Symbol) -> Iterator[str]:
    inside = cls.signature.partition("(")[2].rpartition(")")[0]
    for base in inside.split(","):
        if "=" not in base:
            yield base.partition("[")[0].strip().rpartition(".")[2]


def _named(corpus: Corpus, file: str, qualname: str) -> int | None:
    return _only(place for place in corpus.by_file.get(file, ()) if corpus.symbols[place].qualname == qualname)


def _is_global(corpus: Corpus, place: int) -> bool:
    return not corpus.symbols[place].owner


def _only(places: Iterable[int]) -> int | None:
    found = list(places)
    return found[0] if len(found) == 1 else None
