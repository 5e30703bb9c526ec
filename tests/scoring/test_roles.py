"""One answer to what a file is for, whoever asks: each path of the table is shown to every part that wants to know."""

import ast
from pathlib import Path

import pytest

from hgen.families.base import is_library as is_library_to_families
from hgen.resolve import analyse
from hgen.scoring import diffs, score
from hgen.scoring.roles import ASIDE, LEFTOVER, LIBRARY, SETUP, TEST, is_test_module, role
from hgen.scoring.standalone.trees import FolderTree
from hgen.scoring.standalone.worktree import prediction
from hgen.scoring.tested.taken_files import library_changes, test_changes
from hgen.scoring.verdicts import Refusal
from hgen.sources.local import find_folder

test_changes.__test__ = False  # type: ignore[attr-defined]
ROLES = {
    "pkg/core.py": LIBRARY,
    "src/pkg/testers.py": LIBRARY,
    "pkg/contest.py": LIBRARY,
    "pkg/latest_tests.py": LIBRARY,
    "pkg/test_core.py": TEST,
    "pkg/foo_test.py": TEST,
    "pkg/testing/helpers.py": TEST,
    "tests/vendor/x.py": TEST,
    "t/unit/worker.py": TEST,
    "features/steps/run.py": TEST,
    "spec/parser.py": TEST,
    "integration/run.py": TEST,
    "pkg/mocks/client.py": TEST,
    "pkg/features/audio.py": LIBRARY,
    "pkg/spec/parser.py": LIBRARY,
    "tests/data/x.json": TEST,
    "tests/conftest.py": TEST,
    "conftest.py": TEST,
    "pkg/conftest.py": TEST,
    "setup.py": SETUP,
    "noxfile.py": SETUP,
    "tests/setup.py": SETUP,
    "tests/pytest.ini": SETUP,
    "sitecustomize.py": SETUP,
    "pkg/vendor/x.py": ASIDE,
    "pkg/_vendor/x.py": ASIDE,
    "bench/run.py": ASIDE,
    "demo/a.py": ASIDE,
    "docs/conf.py": ASIDE,
    "examples/one.py": ASIDE,
    "README.md": ASIDE,
    "json.pyc": ASIDE,
    "shop/cart.pyc": ASIDE,
    "json.pyo": ASIDE,
    "json.abi3.so": ASIDE,
    "evil.pth": SETUP,
    ".coverage.py": LEFTOVER,
    ".coverage.host.17.xyz": LEFTOVER,
    "htmlcov/index.html": LEFTOVER,
    "docs/.ipynb_checkpoints/a.ipynb": LEFTOVER,
    "lib.egg-info/PKG-INFO": LEFTOVER,
    "tests/__pycache__/x.pyc": LEFTOVER,
    ".tox/py/x.py": LEFTOVER,
    ".coverage": LEFTOVER,
    "src/.DS_Store": LEFTOVER,
}
PYTHON = sorted(path for path in ROLES if path.endswith(".py") and ROLES[path] != LEFTOVER)
HANDLED = {
    "hgen.scoring.roles",
    "hgen.testbed.environment.installer",
    "hgen.sources.installed",
    "hgen.testbed.environment.requirements",
}
"""The module of roles, what runs in a container without hgen, and readers of packages' metadata."""


@pytest.mark.parametrize("path", sorted(ROLES))
def test_each_path_has_one_role(path: str):
    assert role(path) == ROLES[path]
    assert is_library_to_families(path) == (ROLES[path] == LIBRARY)


@pytest.mark.parametrize("path", sorted(ROLES))
def test_written_tests_may_be_tests_and_leavings_count_for_nothing(path: str):
    patch = diffs.render({}, {path: b"x\n"})
    if ROLES[path] == TEST and path not in ("conftest.py", "pkg/conftest.py"):
        assert test_changes(patch, {}, ()) == {path: b"x\n"}
    else:
        with pytest.raises(Refusal) as refused:
            test_changes(patch, {}, ())
        assert refused.value.reason.code == ("empty-patch" if ROLES[path] == LEFTOVER else "not-a-test")


def test_a_module_of_tests_is_told_from_what_helps_tests():
    modules = {path for path in ROLES if is_test_module(path)}
    helpers = {"pkg/testing/helpers.py", "tests/vendor/x.py", "pkg/mocks/client.py"}
    outside = {"t/unit/worker.py", "features/steps/run.py", "spec/parser.py", "integration/run.py"}
    assert modules == {"pkg/test_core.py", "pkg/foo_test.py"} | helpers | outside
    assert is_test_module("tests/test_conftest.py")
    assert not is_test_module("tests/__init__.py")


@pytest.mark.parametrize("path", sorted(ROLES))
def test_of_an_answer_only_library_modules_are_taken(path: str):
    patch = diffs.render({path: b"x\n"}, {path: b"y\n"})
    assert library_changes(patch, {path: b"x\n"}) == ({path: b"y\n"} if ROLES[path] == LIBRARY else {})


@pytest.mark.parametrize("path", sorted(ROLES))
def test_a_tree_and_its_diff_hold_the_same(path: str, tmp_path: Path):
    """What tools leave is in neither, unless the repository has it."""
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x\n")
    tree = FolderTree(str(tmp_path))
    told = prediction(tree, {}, {}, executable=())
    assert (told == "") == (ROLES[path] == LEFTOVER)
    assert "\n+x" in prediction(tree, {path: b"y\n"}, {}, executable=())


@pytest.mark.parametrize("path", sorted(ROLES))
def test_an_answer_to_a_static_task_may_hold_what_tools_leave(path: str):
    start = b"def f(x):\n    return x\n"
    task = {
        "family": "func-localize",
        "targets": [{"file": "m.py", "qualname": "f", "kind": "function", "def_line": 1}],
    }
    after = {"m.py": start.replace(b"\n", b'\n    """Give back what is given."""\n', 1)}
    verdict = score(task, diffs.render({"m.py": start}, {**after, path: b"x\n"}), {"m.py": start})
    assert verdict.resolved == (ROLES[path] == LEFTOVER)


@pytest.mark.parametrize("path", PYTHON)
def test_a_fallback_makes_a_definition_ambiguous_in_library_code_only(path: str):
    files = {
        "one.py": b"def f():\n    return 1\n",
        "two.py": b"def f():\n    return 2\n",
        "user.py": b"from one import f\n\n\ndef use():\n    return f()\n",
        path: b"try:\n    from one import f\nexcept ImportError:\n    from two import f\n",
    }
    analysis = analyse(files)
    use = next(each for each in analysis.functions if analysis.symbols[each.symbol].qualname == "use")
    assert use.complete == (ROLES[path] != LIBRARY)


@pytest.mark.parametrize("path", PYTHON)
def test_library_code_calls_no_method_of_tests_and_set_up(path: str):
    files = {
        path: b"class A:\n    def frobnicate(self):\n        return 1\n",
        "user.py": b"def use(x):\n    return x.frobnicate()\n",
    }
    analysis = analyse(files)
    use = next(each for each in analysis.functions if analysis.symbols[each.symbol].qualname == "use")
    assert bool(use.deps) == (ROLES[path] not in (TEST, SETUP))


def test_a_folder_on_this_machine_is_read_without_what_tools_leave(tmp_path: Path):
    assert {"__pycache__", ".hypothesis", ".venv"} <= set(find_folder(tmp_path).ignore)


def test_nobody_else_says_what_a_file_is_for():
    """The words by which it is told stand in one module."""
    words = {"conftest.py", "vendor", "_vendor", "noxfile.py", "__pycache__", ".egg-info", "testing", ".pytest_cache"}
    source = Path(__file__).parents[2] / "src"
    for file in sorted(source.rglob("*.py")):
        module = ".".join(file.relative_to(source).with_suffix("").parts)
        if module not in HANDLED:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} & words
            assert not said, f"{module} says {sorted(said)}; ask hgen.scoring.roles"
