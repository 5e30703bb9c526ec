"""What is drawn from a repository's tasks: hard ones first, few of the others, and no set of targets three times."""

from itertools import count

from hgen.families.draw import LAZY, drawn
from hgen.records import Provenance, Reject, Target, Task

numbers = count()


def task(*targets: str, lazy: int = 0, variant: str = "default") -> Task:
    number = next(numbers)
    return Task(
        instance_id=f"task-{number}",
        family="any",
        variant=variant,
        graded_by="markers",
        repo="local:shop",
        base_commit="1",
        snapshot="0" * 64,
        license="MIT",
        problem_statement="",
        setup_patch="",
        patch="",
        subject=None,
        targets=tuple(
            Target(file="shop.py", qualname=name, kind="function", def_line=1) for name in targets or (f"f{number}",)
        ),
        difficulty={LAZY: lazy},
        secrets=(),
        provenance=Provenance(hgen="", template="", seed=0),
    )


def kept(found: list[Task], quotas: dict[str, int], max_lazy: float = 0.3, never: tuple[str, ...] = ()) -> list[Task]:
    return [each for each in drawn(found, quotas, max_lazy, never) if isinstance(each, Task)]


def test_tasks_that_no_baseline_solves_come_first_and_stay_in_order() -> None:
    easy, hard = [task(lazy=1) for _ in range(9)], [task() for _ in range(9)]
    mixed = [each for pair in zip(easy, hard, strict=True) for each in pair]
    assert kept(mixed, {"default": 9}) == hard
    assert kept(mixed, {"default": 12}) == [each for each in mixed if each in hard or each in easy[:3]]


def test_no_more_than_a_share_of_what_is_drawn_is_solved_by_a_baseline() -> None:
    for most in (0.0, 0.1, 0.3, 0.5, 1.0):
        for hard in range(8):
            some = kept([task(lazy=1) for _ in range(20)] + [task() for _ in range(hard)], {"default": 50}, most)
            lazy = sum(each.difficulty[LAZY] for each in some)
            assert len(some) == lazy + hard
            assert lazy <= most * len(some)
            assert most == 1 or lazy + 1 > most * (len(some) + 1), "as many as there is room for"


def test_each_variant_has_its_quota() -> None:
    some = kept([task(variant=name) for name in "aabbcc" for _ in range(3)], {"a": 2, "b": 5}, 0.3)
    assert [each.variant for each in some] == [*"aa", *"bbbbb"]


def test_the_same_targets_are_asked_about_twice_at_most_and_the_third_task_is_a_reject() -> None:
    found = [task("one", "two"), task("two", "one"), task("one"), task("one", "two")]
    assert [each if isinstance(each, Task) else each.reason for each in drawn(found, {"default": 9}, 0.3)] == [
        *found[:3],
        "too-easy",
    ]


def test_rejects_pass_and_those_without_room_leave_one() -> None:
    reject = Reject(source="somewhere", reason="leak", detail="")
    lazy = task(lazy=2)
    assert list(drawn([lazy, reject], {"default": 9}, 0.3)) == [
        reject,
        Reject(source=lazy.instance_id, reason="too-easy", detail="a lazy baseline solves it"),
    ]


def test_the_share_is_one_of_each_variant_and_some_variants_have_none() -> None:
    hard = [task(variant="a") for _ in range(7)]
    lazy = [task(variant=name, lazy=1) for name in "ab" for _ in range(9)]
    assert kept(hard + lazy, {"a": 50, "b": 50}) == hard + lazy[:3]
    assert kept(hard + lazy, {"a": 50, "b": 50}, never=("a",)) == hard
