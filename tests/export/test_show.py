"""What ``hgen show`` finds and how it shows it."""

import io
import json

import pytest
from rich.console import Console

from hgen.errors import ConfigError
from hgen.pages.task import render, to_json
from hgen.records import Reject
from hgen.tasksets.finding import find


@pytest.fixture
def out(finish, validated, tmp_path):
    every = [validated(number, ("dep-search", "func-localize")[number % 2]) for number in range(12)]
    finish(tmp_path, "synth", 0, [each.task for each in every])
    rejects = [Reject(source=every[11].task.instance_id, reason="leak", detail="the name\nParser")]
    finish(tmp_path, "validate", 0, every[:5])
    finish(tmp_path, "validate", 1, every[5:11], rejects)
    return tmp_path


def page(found) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(render(found), soft_wrap=True)
    return console.file.getvalue()


def test_a_sound_task_comes_with_its_checks(out, validated):
    found = find(out, "func-localize-000009")
    assert (found.task, found.checks) == (validated(9, "func-localize").task, validated(9).checks)
    assert found.baselines == {"rarest-word": False, "undocumented": False}


def test_a_prefix_will_do_if_it_is_the_only_one(out):
    assert find(out, "dep-search-00001").task.instance_id == "dep-search-000010"


def test_an_ambiguous_prefix_names_some(out):
    with pytest.raises(ConfigError, match=r"'dep' begins 6 ids: dep-search-000000, .*000004 and 3 more"):
        find(out, "dep")


def test_an_id_that_begins_another_is_found(out, finish, validated):
    finish(out, "validate", 2, [validated(3, instance_id="dep-search-000000-b")])
    assert find(out, "dep-search-000000").task.instance_id == "dep-search-000000"


def test_without_an_id_the_first_is_shown(out):
    assert find(out, None).task.instance_id == "dep-search-000000"


def test_a_task_that_is_judged_by_tests_is_shown_with_them(out, finish, repaired):
    finish(out, "validate", 2, [repaired])
    shown = page(find(out, "verify-repair"))
    assert "Python 3.12, 1 wheels, its folders src, . importable" in shown
    assert "Candidate: what is changed in the start state" in shown
    assert "+x = 1" in shown
    assert "tests/test_x.py::test_a[1]" in shown
    assert "tests/test_x.py::test_b" in shown
    assert "Mutant 1 of 1" in shown
    right = repaired.model_copy(update={"task": repaired.task.model_copy(update={"patch": "", "instance_id": "right"})})
    finish(out, "validate", 3, [right])
    assert "Nothing: the candidate is right." in page(find(out, "right"))


def test_a_rejected_task_is_shown_with_the_reason(out):
    found = find(out, "func-localize-000011")
    assert found.reject is not None
    assert "leak: the name" in page(found)
    assert json.loads(json.dumps(to_json(found)))["reject"]["reason"] == "leak"


def test_a_task_that_was_never_validated_is_shown(out):
    for path in (out / "validate").iterdir():
        path.unlink()
    found = find(out, "func-localize-000011")
    assert (found.reject, found.baselines) == (None, None)


def test_a_misspelt_id_gets_near_ones(out):
    with pytest.raises(
        ConfigError, match=r"there is no task 'dep-serach-000004' in .*; the nearest are dep-search-000004"
    ):
        find(out, "dep-serach-000004")


@pytest.mark.parametrize("asked", [None, "dep"])
def test_no_tasks_at_all_is_said(asked, tmp_path):
    with pytest.raises(ConfigError, match="holds no tasks; run `hgen run`, or name what"):
        find(tmp_path, asked)
    with pytest.raises(ConfigError, match="holds no tasks; run `hgen synth` first"):
        find(tmp_path / "none", asked)


def test_the_page_holds_statement_diffs_targets_checks_and_baselines(out):
    shown = page(find(out, "func-localize-000007"))
    for part in (
        "Find it.",
        "-...",
        "pkg/käse.py",
        "Parser.m7",
        "gold-earns-1",
        "reward 1.0",
        "rarest-word",
        "pypi:pack1",
    ):
        assert part in shown


def test_a_task_without_setup_says_so(out):
    assert "The snapshot as it is." in page(find(out, "dep-search-000004"))


def test_long_lines_of_diffs_are_neither_wrapped_nor_cut(finish, validated, tmp_path):
    finish(tmp_path, "validate", 0, [validated(1, patch=f"@@ -1 +1 @@\n+{'x ' * 500}end\n")])
    assert f"+{'x ' * 500}end\n" in page(find(tmp_path, None))


def test_strangers_text_neither_steers_the_terminal_nor_becomes_markup(finish, validated, tmp_path):
    finish(
        tmp_path, "validate", 0, [validated(1, problem_statement="\x1b[2J [bold]x[/bold]\x07", patch="+\x1b]0;t\x07\n")]
    )
    shown = page(find(tmp_path, None))
    assert "␛[2J [bold]x[/bold]␇" in shown
    assert "+␛]0;t␇" in shown
    assert not set(shown) & set("\x1b\x07")


def test_a_statement_that_quotes_a_record_does_not_mislead_the_search(finish, validated, tmp_path):
    finish(tmp_path, "validate", 0, [validated(1, problem_statement='{"instance_id":"other"}')])
    with pytest.raises(ConfigError, match="no task 'other'"):
        find(tmp_path, "other")
