"""Which tasks of a family are taken from a repository: those that no lazy baseline solves, then some of the others."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from hgen.records import Reject, Task

LAZY = "baselines"
"""The fact of difficulty that counts the lazy baselines which solve a task."""
_SAME_TARGETS = 2
"""Tasks of one repository with the same set of targets, at most."""


def drawn(
    found: Iterable[Task | Reject], quotas: Mapping[str, int], max_lazy: float, never_lazy: Collection[str] = ()
) -> Iterator[Task | Reject]:
    """Up to a quota of tasks of each variant, in the order in which they are found, and all rejects on the way.

    Tasks that a lazy baseline solves only fill what the others leave of a quota, up to a share of all that is drawn of
    their variant, none where a variant is ``never_lazy``; those that there is no room for, and tasks beyond the second
    one with the same targets, leave a reject ``too-easy``.
    """
    tasks = []
    for each in found:
        if isinstance(each, Reject):
            yield each
        else:
            tasks.append(each)
    drawing = _Drawing(quotas)
    hard = [place for place, task in enumerate(tasks) if not task.difficulty[LAZY] and drawing.takes(task)]
    lazy = [place for place, task in enumerate(tasks) if task.difficulty[LAZY] and drawing.takes(task)]
    kept = set(hard)
    for variant in quotas:
        others = sum(tasks[place].variant == variant for place in hard)
        share = 0.0 if variant in never_lazy else max_lazy
        kept.update([place for place in lazy if tasks[place].variant == variant][: _room(others, share)])
    passed_over = set(lazy) - kept
    for place, task in enumerate(tasks):
        if place in kept:
            yield task
        elif place in passed_over or drawing.repeats(task):
            yield _passed_over(task)


class _Drawing:
    """What has been taken so far."""

    def __init__(self, quotas: Mapping[str, int]) -> None:
        self._left = Counter(quotas)
        self._asked: Counter[tuple[str, ...]] = Counter()

    def takes(self, task: Task) -> bool:
        """Count the task in if there is room for it."""
        if self._left[task.variant] <= 0 or self.repeats(task):
            return False
        self._left[task.variant] -= 1
        self._asked[_targets(task)] += 1
        return True

    def repeats(self, task: Task) -> bool:
        """Whether the same targets have been asked about often enough."""
        return self._asked[_targets(task)] >= _SAME_TARGETS


def _targets(task: Task) -> tuple[str, ...]:
    return tuple(sorted(f"{target.file}:{target.qualname}:{target.def_line}" for target in task.targets))


def _room(hard: int, max_lazy: float) -> int | None:
    """How many lazily solved tasks may stand beside so many others; None for any number."""
    return None if max_lazy == 1 else int(max_lazy * hard / (1 - max_lazy) + 1e-9)


def _passed_over(task: Task) -> Reject:
    why = "a lazy baseline solves it" if task.difficulty[LAZY] else "two tasks have these targets already"
    return Reject(source=task.instance_id, reason="too-easy", detail=why)
