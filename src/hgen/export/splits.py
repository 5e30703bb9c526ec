"""Splits by repository: what is the same code, whole or in part, is never in two of them.

Repositories are placed in the order of the sources. The first of a project is placed by a hash of the project's name,
whatever else there is; what is related to one that is placed already goes where that is, and what is related to two in
different splits is left out. So nothing that is placed ever moves when sources are added behind those that are there.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import get_args

from packaging.utils import canonicalize_name

from hgen.config import SplitName
from hgen.records import Codebase, Symbol, Task
from hgen.snapshots import Snapshot, Store
from hgen.sources.decontamination import repository_name
from hgen.sources.metadata import metadata_of

SPLITS: tuple[SplitName, ...] = get_args(SplitName)
"""All that there can be, in their order."""

ALIKE = 0.5
"""Repositories are near-duplicates if the smaller one shares so much of its Python files or of its functions."""

_LEAST_FILE_BYTES = 200
_LEAST_FUNCTION_LINES = 4
"""Smaller ones are alike by chance, such as an empty ``__init__.py`` and a function that only calls another."""

RELATED_TO_TWO = "its repository is related to repositories in two splits"
LOOKS_ALIKE = "it is about the same code as a task in another split"


@dataclass(frozen=True)
class Assignment:
    """Which split each task is in."""

    by_snapshot: Mapping[str, str | None] = field(default_factory=dict)
    """None for a repository that is in no split."""
    look_alikes: frozenset[str] = frozenset()
    """The ``instance_id`` of tasks that are in no split by themselves."""
    otherwise: str | None = None
    """The split of all other repositories."""

    def split(self, task: Task) -> str | None:
        """The task's split, or None if it is in none; ``reason`` says why."""
        if task.instance_id in self.look_alikes:
            return None
        return self.by_snapshot.get(task.snapshot, self.otherwise)

    def reason(self, task: Task) -> str:
        """Why a task is in no split."""
        return LOOKS_ALIKE if task.instance_id in self.look_alikes else RELATED_TO_TWO


def assign(
    shares: Mapping[SplitName, float], tasks: Iterable[Task], codebases: Iterable[Codebase], store: Store
) -> Assignment:
    """Place the repositories of tasks, both in the order of the sources; ``codebases`` may be of more, or lack some.

    Raises ``ShardError`` if a snapshot is missing or damaged.
    """
    asked = _Asked.of(tasks)
    functions, about = _functions(asked, codebases)
    index = _Index()
    placed: dict[str, str | None] = {}
    for digest, repo in asked.repositories.items():
        with store.open(digest) as snapshot:
            content = _content(repo, snapshot, functions.get(digest, frozenset()))
        related = {placed[other] for other in index.related(content)}
        placed[digest] = None
        if len(related) < 2:
            placed[digest] = related.pop() if related else _drawn(content.project, shares)
            index.add(digest, content)
    return Assignment(placed, _look_alikes(asked, about, placed))


@dataclass
class _Asked:
    """What the tasks are about: for each snapshot its repository's name, for each task the functions."""

    repositories: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, tasks: Iterable[Task]) -> "_Asked":
        asked = cls()
        for task in tasks:
            asked.repositories.setdefault(task.snapshot, task.repo)
            symbols = (task.subject,) if task.subject else task.targets
            places = tuple((symbol.file, symbol.qualname) for symbol in symbols)
            asked.tasks.setdefault(task.instance_id, (task.snapshot, places))
        return asked


@dataclass(frozen=True)
class _Content:
    project: str
    """One name that most checkouts of the project agree on."""
    names: frozenset[str]
    """All that the project and its repository are called."""
    files: frozenset[int]
    functions: frozenset[int]


def _content(repo: str, snapshot: Snapshot, functions: frozenset[int]) -> _Content:
    metadata = metadata_of(snapshot)
    last = repo.rsplit(":", maxsplit=1)[-1].rsplit("/", maxsplit=1)[-1]
    projects = sorted({canonicalize_name(name) for name in metadata.names or (last,)})
    urls = {repository_name(url) for url in (repo, *metadata.urls)}
    python = (path for path in snapshot if path.endswith(".py") and snapshot.size(path) >= _LEAST_FILE_BYTES)
    return _Content(
        project=projects[0],
        names=frozenset([*projects, *(url for url in urls if "/" in url)]),
        files=frozenset(_number(snapshot.sha256(path)) for path in python),
        functions=functions,
    )


class _Index:
    """The repositories that are placed, by what they are called and what they hold."""

    def __init__(self) -> None:
        self._named: dict[str, list[str]] = {}
        self._holding: tuple[dict[int, list[str]], dict[int, list[str]]] = ({}, {})
        self._sizes: dict[str, tuple[int, int]] = {}

    def add(self, digest: str, content: _Content) -> None:
        for name in content.names:
            self._named.setdefault(name, []).append(digest)
        parts = (content.files, content.functions)
        for held, holding in zip(parts, self._holding, strict=True):
            for number in held:
                holding.setdefault(number, []).append(digest)
        self._sizes[digest] = (len(content.files), len(content.functions))

    def related(self, content: _Content) -> set[str]:
        """The digests of those that are the same project, a fork or a near-duplicate."""
        found = {digest for name in content.names for digest in self._named.get(name, ())}
        for kind, held in enumerate((content.files, content.functions)):
            shared = Counter(digest for number in held for digest in self._holding[kind].get(number, ()))
            found |= {
                digest for digest, count in shared.items() if count >= ALIKE * min(len(held), self._sizes[digest][kind])
            }
        return found


def _functions(
    asked: _Asked, codebases: Iterable[Codebase]
) -> tuple[dict[str, frozenset[int]], dict[tuple[str, str, str], set[int]]]:
    """Each snapshot's functions, and those that tasks are about by snapshot, file and name."""
    wanted = {(snapshot, *place) for snapshot, places in asked.tasks.values() for place in places}
    functions: dict[str, frozenset[int]] = {}
    about: dict[tuple[str, str, str], set[int]] = {}
    for codebase in codebases:
        snapshot = codebase.repo.snapshot
        if snapshot not in asked.repositories:
            continue
        telling = [symbol for symbol in codebase.symbols if _is_telling(symbol)]
        functions[snapshot] = frozenset(_number(symbol.body_digest) for symbol in telling if symbol.kind != "class")
        for symbol in telling:
            if (snapshot, symbol.file, symbol.qualname) in wanted:
                about.setdefault((snapshot, symbol.file, symbol.qualname), set()).add(_number(symbol.body_digest))
    return functions, about


def _is_telling(symbol: Symbol) -> bool:
    first, last = symbol.docstring or (1, 0)
    return symbol.end_line - symbol.body_line + 1 - (last - first + 1) >= _LEAST_FUNCTION_LINES


def _look_alikes(
    asked: _Asked, about: Mapping[tuple[str, str, str], set[int]], placed: Mapping[str, str | None]
) -> frozenset[str]:
    """The tasks about code that an earlier task in another split is about."""
    found = set()
    owner: dict[int, str] = {}
    for instance_id, (snapshot, places) in asked.tasks.items():
        split = placed[snapshot]
        if split is None:
            continue
        bodies = {body for place in places for body in about.get((snapshot, *place), ())}
        if any(owner.get(body, split) != split for body in bodies):
            found.add(instance_id)
        else:
            owner |= dict.fromkeys(bodies, split)
    return frozenset(found)


def _drawn(project: str, shares: Mapping[SplitName, float]) -> str:
    """The split of a project by its name: the shares are lengths, and the name's hash is a place on them."""
    place = _number(hashlib.blake2b(project.encode(), digest_size=8, person=b"hgen split").hexdigest()) / 2**64
    wanted = [split for split in SPLITS if split in shares]
    ends = accumulate(shares[split] for split in wanted)
    # Rounding may end the last before 1.
    return next((split for split, end in zip(wanted, ends, strict=True) if place < end), wanted[-1])


def _number(digest: str) -> int:
    return int(digest[:16], 16)
