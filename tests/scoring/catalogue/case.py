"""A hand-made case: an edit of a small start state, the verdict it deserves, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hgen.scoring import diffs


@dataclass(frozen=True)
class Case:
    """``why`` is the reason for the verdict in one line; ``code`` a reason code that must be among those given."""

    name: str
    why: str
    reward: float
    task: Mapping[str, object]
    files: Mapping[str, bytes]
    patch: object
    code: str = ""
    resolved: bool | None = None
    """Where full success is not the same as a reward of 1."""
    after: Mapping[str, bytes] | None = None
    """The tree that the patch leads to, for cases that a tree can show."""


@dataclass(frozen=True)
class Start:
    """A start state, and what is asked about it."""

    family: str
    files: Mapping[str, bytes]
    targets: tuple[tuple[str, str, str, int], ...]
    """File, qualified name, kind, ``def`` line."""
    subject: str = ""
    cases: list[Case] = field(default_factory=list)

    @property
    def task(self) -> dict[str, object]:
        """The task's row."""
        keys = ("file", "qualname", "kind", "def_line")
        subject = {"file": "shop/app.py", "qualname": self.subject, "kind": "function", "def_line": 1}
        return {
            "instance_id": "case",
            "family": self.family,
            "targets": [dict(zip(keys, target, strict=True)) for target in self.targets],
            "subject": subject if self.subject else None,
        }

    def edit(
        self, name: str, why: str, reward: float, *edits: tuple[str, str], code: str = "", resolved: bool | None = None
    ) -> None:
        """A case that replaces texts; each stands exactly once in one of the files, which is found by it."""
        after = dict(self.files)
        for old, new in edits:
            (path,) = [path for path, content in after.items() if content.count(old.encode()) == 1]
            after[path] = after[path].replace(old.encode(), new.encode("utf-8", "surrogateescape"))
        self.tree(name, why, reward, after, code=code, resolved=resolved)

    def tree(
        self,
        name: str,
        why: str,
        reward: float,
        after: Mapping[str, bytes],
        *,
        code: str = "",
        resolved: bool | None = None,
    ) -> None:
        """A case that leads to another tree."""
        patch = diffs.render(self.files, after)
        self.cases.append(Case(name, why, reward, self.task, self.files, patch, code, resolved, after))

    def patch(self, name: str, why: str, reward: float, patch: object, *, code: str = "") -> None:
        """A case given as a patch."""
        self.cases.append(Case(name, why, reward, self.task, self.files, patch, code))
