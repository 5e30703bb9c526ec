"""Probes are cheats: none is a right answer, and an unsound task is found out by one."""

import pytest
from hypothesis import HealthCheck, given, settings

from hgen.probes import dep_search, func_localize, issue_localize
from hgen.scoring import SCORERS, StaticTask, score_patch
from tests.scoring.catalogue.localize import FILES as SHOP
from tests.scoring.catalogue.markers import FILES as CORE
from tests.scoring.worlds import World, worlds

PROBES = {"docstrings": func_localize.probes, "markers": dep_search.probes, "comments": issue_localize.probes}
COMMON = {
    *("no-op", "whitespace", "new-file", "renamed-file", "mode-change", "deleted-file", "code-beside"),
    *("unterminated-string", "backslash", "encoding-cookie", "gutted", "quoted-out-body", "moved-definition"),
}


def task(graded_by: str, *targets: tuple[str, str, str, int]) -> StaticTask:
    keys = ("file", "qualname", "kind", "def_line")
    return StaticTask.of(
        {
            "graded_by": graded_by,
            "targets": [dict(zip(keys, target, strict=True)) for target in targets],
            "subject": {"file": "shop/app.py", "qualname": "run", "kind": "function", "def_line": 4},
        }
    )


LOCALIZE = task(
    "docstrings", ("shop/cart.py", "discount", "function", 31), ("shop/cart.py", "Cart.total", "method", 16)
)
DEP_SEARCH = task("markers", ("shop/core.py", "load", "function", 6), ("shop/core.py", "Parser", "class", 15))
ISSUE = task("comments", ("shop/core.py", "load", "function", 6))


@pytest.mark.parametrize(
    ("row", "files", "names"),
    [
        (
            LOCALIZE,
            SHOP,
            {"comment-only", "wrong-text", "empty-text", "twice", "above-definition", "spray", "neighbour"},
        ),
        (DEP_SEARCH, CORE, {"wrong-text", "duplicated-markers", "marker-at-end-of-line", "marker-in-body", "spray"}),
        (ISSUE, CORE, {"empty-comment", "string-for-comment", "spray", "neighbour"}),
    ],
    ids=["func-localize", "dep-search", "issue-localize"],
)
def test_the_catalogue_of_a_family_is_tried_and_none_succeeds(row, files, names):
    found = list(PROBES[row.graded_by](row, files))
    assert len({probe.name for probe in found}) == len(found)
    assert {probe.name for probe in found} >= COMMON | names
    for probe in found:
        assert not score_patch(row, probe.patch, files).resolved, probe.name


def test_there_are_probes_for_every_scorer():
    assert set(PROBES) == set(SCORERS)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_no_probe_succeeds_on_any_module(world: World):
    asked = StaticTask.of(world.task)
    for probe in PROBES[asked.graded_by](asked, world.files):
        verdict = score_patch(asked, probe.patch, world.files)
        assert not verdict.resolved, probe.name
        codes = {reason.code for reason in verdict.reasons}
        assert not codes & {"damaged-patch", "does-not-apply", "start-state", "bad-task"}, (probe.name, verdict)


def test_a_task_whose_targets_are_all_there_is_has_nothing_to_spray():
    files = {"a.py": b"def only(x):\n    x += 1\n    return x\n"}
    found = {probe.name for probe in func_localize.probes(task("docstrings", ("a.py", "only", "function", 1)), files)}
    assert not found & {"spray", "neighbour", "moved-definition", "all-but-one"}


def test_a_body_of_pass_cannot_be_gutted():
    files = {"a.py": b"class Error(Exception):\n    pass\n\n\ndef other():\n    pass\n"}
    row = task("docstrings", ("a.py", "Error", "class", 1))
    for probe in func_localize.probes(row, files):
        assert not score_patch(row, probe.patch, files).resolved, probe.name
