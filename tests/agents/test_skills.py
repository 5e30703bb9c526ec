"""Which skill an action uses."""

import json

import pytest

from hgen.agents.actions import Action, actions
from hgen.agents.skills.rules import Reader


def bash(line: str, seen: str = "") -> Action:
    return Action(1, "bash", {"command": line}, "", seen)


CASES = {
    "list": ["ls -la", "find . -name '*.py' | head", "cd src && tree", "git ls-files | grep py", "pwd", "which python"],
    "search": ["grep -rn 'retry' src", "rg retry | head -3", "git grep retry", "find . -exec grep -l x {} +",
               "find . -name '*.py' | xargs grep -n foo", "cd a && grep -n b c.py && cat c.py"],
    "follow": ["grep -rn 'def retry' src", "grep -rnE 'class +Retry|def retry' .", "rg '^from x import' a.py"],
    "read": ["cat a.py", "sed -n '1,20p' a.py", "head -50 a.py | tail -5", "nl -ba a.py | sed -n 1,9p",
             "python -c \"import inspect, x; print(inspect.getsource(x.f))\"", "awk 'NR>3' f",
             "python3 -c \"print(open('a.py').read())\"", "cat a.py > /tmp/a.txt"],
    "history": ["git log --oneline", "git show HEAD", "git blame a.py"],
    "think": ["echo 'I should look at the parser'", "# thinking"],
    "create": ["cat > src/new.py <<'E'\nx\nE", "touch src/a.py", "mkdir -p src/b", "echo x > src/c.py"],
    "edit": ["sed -i 's/a/b/' a.py", "perl -pi -e 's/a/b/' a.py", "git apply - <<'E'\nx\nE", "patch -p1 < x.diff",
             "python - <<'E'\np='a.py'\ns=open(p).read()\nopen(p,'w').write(s.replace('a','b'))\nE",
             "python3 -c \"from pathlib import Path; Path('a').write_text('b')\"", "mv a.py b.py",
             "sed -i 's/a/b/' a.py && sed -n 1,5p a.py"],
    "undo": ["git checkout -- a.py", "git restore .", "git stash", "git reset --hard"],
    "install": ["pip install -e .", "python -m pip install x", "apt-get install -y git", "python setup.py develop"],
    "run": ["make docs", "./configure", "sleep 5", "export A=1", "env"],
    "submit": ["echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"],
    "reproduce": ["python repro.py", "python -c 'from pkg import f; print(f(1))'", "cat > /tmp/repro.py <<'E'\nx\nE",
                  "cat > reproduce_bug.py <<'E'\nimport x\nx.f()\nE\npython reproduce_bug.py",
                  "python - <<'E'\nfrom pkg import f\nassert f(1) == 2\nE", "python -m pkg --help"],
    "run tests": ["pytest -q tests", "python -m pytest tests/test_a.py::test_b -x 2>&1 | tail -20", "tox -e py311",
                  "python -m unittest", "make test", "python tests/test_a.py", "timeout 60 pytest", "cd t && pytest"],
    "write test": ["cat > tests/test_new.py <<'E'\nx\nE", "cat >> tests/test_a.py <<'E'\nx\nE"],
    "inspect": ["git diff", "git status --short", "git diff | cat", "diff a b"],
    "lint": ["ruff check .", "mypy src", "python -m flake8 a.py"],
}  # fmt: skip


@pytest.mark.parametrize(("component", "line"), [(name, line) for name, lines in CASES.items() for line in lines])
def test_a_line_is_what_its_heaviest_command_is(component: str, line: str) -> None:
    assert Reader().use(bash(line)).component == component


@pytest.mark.parametrize(
    "line",
    [
        "python -m py_compile a.py",
        "python -c 'import pkg'",
        "python -c 'print(\"done\")'",
        "python -c 'import pkg; help(pkg.f)'",
        "python - <<'E'\nfrom pkg import f\nE",
    ],
)
def test_what_tries_nothing_is_fake_verification(line: str) -> None:
    use = Reader().use(bash(line))
    assert (use.skill, bool(use.fake)) == ("verification", True)


@pytest.mark.parametrize("line", ["pytest -q", "python -c 'from pkg import f; print(f(1))'", "python repro.py"])
def test_what_tries_something_is_not(line: str) -> None:
    assert Reader().use(bash(line)).fake == ""


def test_tests_that_collect_nothing_are_fake() -> None:
    assert Reader().use(bash("pytest -k nothing", "collected 0 items\n\nno tests ran in 0.01s")).fake


def test_running_a_script_of_ones_own_that_does_not_import_what_was_changed_is_fake() -> None:
    for text, is_fake in (("print(1 + 1)", True), ("from pkg.core import f\nprint(f())", False)):
        reader = Reader()
        for line in ("sed -i 's/a/b/' pkg/core.py", f"cat > /tmp/try.py <<'E'\n{text}\nE"):
            reader.use(bash(line))
        assert bool(reader.use(bash("python /tmp/try.py")).fake) == is_fake


@pytest.mark.parametrize(
    ("tool", "arguments", "component"),
    [
        ("str_replace_editor", {"command": "view", "path": "/w/a.py"}, "read"),
        ("str_replace_editor", {"command": "view", "path": "/w"}, "list"),
        ("str_replace_editor", {"command": "str_replace", "path": "/w/a.py", "old_str": "a", "new_str": "b"}, "edit"),
        ("str_replace_editor", {"command": "create", "path": "/w/pkg/new.py", "file_text": "x"}, "create"),
        ("str_replace_editor", {"command": "create", "path": "/w/tests/test_x.py", "file_text": "x"}, "write test"),
        ("str_replace_editor", {"command": "undo_edit", "path": "/w/a.py"}, "undo"),
        ("execute_bash", {"command": "pytest"}, "run tests"),
        ("think", {"thought": "x"}, "think"),
        ("finish", {}, "submit"),
        ("execute_ipython_cell", {"code": "from pkg import f; print(f(1))"}, "reproduce"),
        ("never_heard_of", {}, "run"),
    ],
)
def test_tools_of_other_harnesses_are_known(tool: str, arguments: dict[str, str], component: str) -> None:
    assert Reader().use(Action(1, tool, arguments, "", "")).component == component


def test_a_reply_without_a_call_is_reasoning() -> None:
    assert Reader().use(Action(1, "", {}, "Let me think.", "")).skill == "reasoning"


@pytest.mark.parametrize(
    "damaged",
    [{}, {"steps": None}, {"steps": [1, {"source": "agent"}, {"source": "agent", "tool_calls": [1, {}]}]},
     {"steps": [{"source": "agent", "step_id": "x", "message": 5, "observation": {"results": [3]}}]}],
)  # fmt: skip
def test_what_is_damaged_in_a_trajectory_is_passed_over(damaged: dict[str, object]) -> None:
    reader = Reader()
    for action in actions(json.loads(json.dumps(damaged))):
        assert reader.use(action).component
