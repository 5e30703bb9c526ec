"""Rows in the columns of the original Hybrid-Gym datasets: their lines are right, and their start state is scored."""

import ast
import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import datasets
import pytest

from hgen.config import Config
from hgen.export.formats import openhands
from hgen.export.view import views
from hgen.records import Target, Validated
from hgen.runner import done_shards
from hgen.scoring.scorers import score_patch
from hgen.scoring.start_state import committed_state, start_state
from hgen.scoring.tasks import StaticTask
from hgen.shards import read_shard
from hgen.snapshots import Store
from hgen.snapshots.tree import TreeLimits

COMMIT = "5d41402abc4b2a76b9719d911017c592c0ffee00"
LIMITS = TreeLimits(files=99, total_bytes=1 << 20, file_bytes=1 << 20)


def rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().split("\n")[:-1]]


def on_github(validated: Validated, **changes: object) -> Validated:
    task = validated.task.model_copy(update={"repo": "someone/project", "base_commit": COMMIT, **changes})
    return validated.model_copy(update={"task": task})


def export(tasks: Sequence[Validated], store: Path, folder: Path):
    return openhands.write(views(tasks, store), folder, Config())


@pytest.fixture(scope="module")
def exported(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real static tasks, as if their packages were repositories on GitHub."""
    tasks = [task for shard in done_shards(undisturbed, "validate") for task in read_shard(shard, Validated)]
    folder = tmp_path_factory.mktemp("openhands") / "openhands"
    summary = export([on_github(task) for task in tasks], undisturbed / "snapshots", folder)
    assert min(summary.tasks["func-localize"], summary.tasks["dep-search"]) > 10
    return folder


@pytest.fixture
def tree(exported: Path, tmp_path: Path) -> Callable[[str], Path]:
    def extracted(digest: str) -> Path:
        if not (tmp_path / digest).exists():
            Store(exported / "snapshots").extract(digest, tmp_path / digest)
        return tmp_path / digest

    return extracted


def test_datasets_loads_the_folder_by_the_names_of_the_original_datasets(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    for name in ("func_localize", "dep_search"):
        loaded = datasets.load_dataset(str(exported), name, split="train", cache_dir=str(tmp_path))
        assert loaded["instance_id"] == [row["instance_id"] for row in rows(exported / f"{name}/train.jsonl")]


def functions(row: dict) -> list[dict]:
    return row.get("functions", [row])


def own(folder: Path) -> dict[str, dict]:
    return {row["instance_id"]: row for row in rows(folder / "tasks.jsonl")}


def test_the_lines_of_func_localize_hold_the_definitions_and_their_docstrings(exported, tree):
    tasks = own(exported)
    for row in rows(exported / "func_localize/train.jsonl"):
        assert (row["repo"], row["base_commit"]) == ("someone/project", COMMIT)
        for function in functions(row):
            lines = (tree(tasks[row["instance_id"]]["snapshot"]) / function["file_path"]).read_text().split("\n")
            begins = lines[function["module_line_start"]].split()
            keyword = "class" if function["module_type"] == "class" else "def"
            assert keyword in begins[:2]
            assert function["module_name"] in lines[function["module_line_start"]]
            docstring = lines[function["docstring_line_start"] : function["docstring_line_end"] + 1]
            evaluated = ast.literal_eval("\n".join(docstring).strip())
            assert " ".join(evaluated.split()) == " ".join(function["docstring"].split())
            assert function["docstring_line_end"] < function["module_line_end"] < len(lines)


def test_each_row_of_func_localize_has_the_description_and_names_only_what_the_task_names(exported):
    tasks = own(exported)
    told = set()
    for row in rows(exported / "func_localize/train.jsonl"):
        task = tasks[row["instance_id"]]
        told.add((task["variant"] == "named", "functions" in row))
        if "functions" not in row:
            column = "function_description" if task["variant"] == "named" else "brief_description"
            assert row[column] == task["problem_statement"]
            continue
        descriptions = [function["function_description"] for function in row["functions"]]
        assert task["problem_statement"] in descriptions[0]
        for function, description in zip(row["functions"], descriptions, strict=True):
            target = task["targets"][int(description.split()[1]) - 1]
            assert (target["file"], target["qualname"].rpartition(".")[2]) == (
                function["file_path"],
                function["module_name"],
            )
    assert {(True, False), (False, False)} <= told <= {(True, False), (True, True), (False, False)}


def test_deleting_the_docstrings_line_by_line_gives_the_start_state_that_is_scored(exported, tree, tmp_path):
    tasks = own(exported)
    for row in rows(exported / "func_localize/train.jsonl"):
        task = tasks[row["instance_id"]]
        snapshot = tree(task["snapshot"])
        files = {function["file_path"]: (snapshot / function["file_path"]).read_bytes() for function in functions(row)}
        for number, name in enumerate(files):
            (tmp_path / str(number)).write_bytes(files[name])
        places = {name: tmp_path / str(number) for number, name in enumerate(files)}
        for function in functions(row):
            first, last = function["docstring_line_start"] + 1, function["docstring_line_end"] + 1
            subprocess.run(["sed", "-i", f"{first},{last}d", places[function["file_path"]]], check=True)
        start = committed_state(files, task["setup_patch"])
        assert {name: place.read_bytes() for name, place in places.items()} == {name: start[name] for name in files}
        for target in task["targets"]:
            line = start[target["file"]].decode().split("\n")[target["def_line"] - 1]
            assert target["qualname"].rpartition(".")[2] in line


def test_answers_to_what_the_harness_lays_out_are_scored(exported):
    for task in rows(exported / "tasks.jsonl"):
        with Store(exported / "snapshots").open(task["snapshot"]) as snapshot:
            start = start_state(snapshot, task["setup_patch"], "")
            graded = StaticTask.of(task)
            assert score_patch(graded, task["patch"], start).resolved
            assert score_patch(graded, "", start).reward == 0


def test_the_lines_of_dep_search_hold_the_function_and_what_it_calls(exported, tree):
    tasks = own(exported)
    decorated = 0
    for row in rows(exported / "dep_search/train.jsonl"):
        snapshot = tree(tasks[row["instance_id"]]["snapshot"])
        assert row["num_dependencies"] == len(row["dependencies"]) > 0
        lines = (snapshot / row["target_function_file"]).read_text().split("\n")
        assert f"def {row['target_function_name']}" in lines[row["target_function_line_start"]]
        assert row["target_function_line_start"] < row["target_function_line_end"]
        for dependency in row["dependencies"]:
            lines = (snapshot / dependency["file_path"]).read_text().split("\n")
            keyword = "class" if dependency["type"] == "class" else "def"
            assert f"{keyword} {dependency['name']}" in lines[dependency["line_start"]]
            decorated += dependency["decorator_line"] < dependency["line_start"]
            if dependency["decorator_line"] < dependency["line_start"]:
                assert lines[dependency["decorator_line"]].lstrip().startswith("@")
            else:
                assert dependency["decorator_line"] == dependency["line_start"] <= dependency["line_end"]
    assert decorated


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"repo": "pypi:project"}, "its repository is not on github.com, from where OpenHands clones it"),
        ({"repo": "local:project/with-slash"}, "its repository is not on github.com, from where OpenHands clones it"),
        (
            {"repo": "example.org/someone/project"},
            "its repository is not on github.com, from where OpenHands clones it",
        ),
        ({"base_commit": "1.0"}, "its repository is not on github.com, from where OpenHands clones it"),
        ({"graded_by": "mutants"}, "Hybrid-Gym has no columns for such tasks"),
        ({"graded_by": "family"}, "Hybrid-Gym has no columns for such tasks"),
        ({"candidate_patch": "diff"}, "Hybrid-Gym has no columns for such tasks"),
        ({"setup_patch": "diff"}, "their harness starts such tasks from the repository as it is"),
    ],
)
def test_what_the_harness_cannot_run_is_left_out_and_counted(changes, reason, validated, small, tmp_path):
    digest = small({"a.py": "def f():\n    g()\n\n\ndef g():\n    return 1\n"})
    target = Target(file="a.py", qualname="g", kind="function", def_line=5)
    subject = Target(file="a.py", qualname="f", kind="function", def_line=1)
    good = on_github(validated(0), snapshot=digest, targets=(target,), subject=subject, setup_patch="")
    bad = on_github(good, **changes)
    summary = export([good, bad, bad], tmp_path / "store", tmp_path / "openhands")
    assert summary.tasks == {"dep-search": 1}
    assert summary.left_out == {f"dep-search: {reason}": 2}
    assert len(rows(tmp_path / "openhands/tasks.jsonl")) == 1


def test_a_repository_that_was_mined_by_its_address_on_github_is_on_github(validated, small, tmp_path):
    digest = small({"a.py": "def f():\n    g()\n\n\ndef g():\n    return 1\n"})
    target = Target(file="a.py", qualname="g", kind="function", def_line=5)
    subject = Target(file="a.py", qualname="f", kind="function", def_line=1)
    asked = on_github(
        validated(0),
        repo="github.com/someone/project",
        snapshot=digest,
        targets=(target,),
        subject=subject,
        setup_patch="",
    )
    config = Config(mine={"host": "https://git.example.org/"})
    openhands.write(views([asked], tmp_path / "store"), tmp_path / "openhands", config)
    (row,) = rows(tmp_path / "openhands/dep_search/train.jsonl")
    assert row["repo"] == "someone/project"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], str]]:
    """Puts files into ``tmp_path / "store"``; their snapshot's digest."""

    def put(files: dict[str, str]) -> str:
        for path, text in files.items():
            (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "tree" / path).write_bytes(text.encode())
        return Store(tmp_path / "store").add(tmp_path / "tree", LIMITS).digest

    return put


GENERATED = '''\
class A:
    @staticmethod
    def f(a):
        """Doubles what it is given,
        whatever that is.
        """
        b = a
        return b + a

    def g(self):
        return 1
'''


def asked_for(qualname: str, kind: str, line: int, text: str, small, repaired: Validated) -> Validated:
    return on_github(
        repaired, snapshot=small({"a.py": text}), candidate_patch="", setup_patch="", family="func-gen",
        targets=(Target(file="a.py", qualname=qualname, kind=kind, def_line=line),),
    )  # fmt: skip


def test_a_function_to_write_is_emptied_below_its_docstring(small, repaired, tmp_path):
    asked = asked_for("A.f", "method", 3, GENERATED, small, repaired)
    assert export([asked], tmp_path / "store", tmp_path / "openhands").tasks == {"func-gen": 1}
    (row,) = rows(tmp_path / "openhands/func_gen/train.jsonl")
    assert row == {
        "instance_id": asked.task.instance_id,
        "repo": "someone/project",
        "base_commit": COMMIT,
        "license": asked.task.license,
        "file_path": "a.py",
        "func_name": "A.f",
        "func_docstring_raw": "Doubles what it is given,\n        whatever that is.\n        ",
        "func_signature": "    def f(a):",
        "func_body": "        b = a\n        return b + a",
        "orig_context": GENERATED,
        "implementation_instruction": "",
        "eval_script": "",
    }
    (task,) = rows(tmp_path / "openhands/tasks.jsonl")
    before = {"a.py": GENERATED.encode()}
    emptied = GENERATED.replace(
        "        b = a\n        return b + a\n", "        pass  # TODO: Implement this function\n"
    )
    start = committed_state(before, task["setup_patch"])
    assert start["a.py"].decode() == emptied
    assert committed_state(start, task["patch"])["a.py"] == before["a.py"]
    assert task["FAIL_TO_PASS"] == list(asked.task.FAIL_TO_PASS)


DOC = '    """Does a thing."""\n'


@pytest.mark.parametrize(
    ("qualname", "line", "text", "reason"),
    [
        ("f", 1, f"def f():\r\n{DOC}    x\n", "a file has carriage returns, which their harness would take away"),
        ("f", 1, "def f():\n    return 1\n", "the function has no docstring"),
        ("f", 1, f"def f():\n{DOC}", "the function has no body below its docstring"),
        ("f", 4, f"if 1:\n    def f():\n        pass\ndef f():\n{DOC}    return 1\n\n\ndef f(): pass\n", None),
        (
            "f", 5, f"def f():\n    pass\n\n\ndef f():\n{DOC}    return 1\n",
            "their harness would empty another function of that name, or none",
        ),
        (
            "g.<locals>.f", 2, f'def g():\n    def f():\n    {DOC}        return 1\n    return f\n',
            "their harness would empty another function of that name, or none",
        ),
        (
            "A.f", 2, f"class A:\n    def f():\n    {DOC}\n        return 1\n\n    def g():\n        pass\n",
            "their harness would leave a file that does not parse",
        ),
    ],
)  # fmt: skip
def test_a_function_that_the_harness_would_spoil_is_left_out(qualname, line, text, reason, small, repaired, tmp_path):
    asked = asked_for(qualname, "function", line, text, small, repaired)
    summary = export([asked], tmp_path / "store", tmp_path / "openhands")
    assert summary.left_out == ({f"func-gen: {reason}": 1} if reason else {})


@pytest.mark.parametrize(
    ("between", "name", "reason"),
    [
        (8, "h", "their scorer cannot tell its dependencies apart"),
        (9, "h", None),
        (99, "g", "their scorer cannot tell its dependencies apart"),
    ],
)
def test_dependencies_that_the_scorer_would_confuse_are_left_out(between, name, reason, validated, small, tmp_path):
    space = "\n" * between
    text = f"def f():\n    g(), {name}()\n\n\ndef g(): pass\n{space}class A:\n    def {name}(self): pass\n"
    line = text.split("\n").index(f"    def {name}(self): pass") + 1
    targets = (
        Target(file="a.py", qualname="g", kind="function", def_line=5),
        Target(file="a.py", qualname=f"A.{name}", kind="method", def_line=line),
    )
    subject = Target(file="a.py", qualname="f", kind="function", def_line=1)
    asked = on_github(validated(0), snapshot=small({"a.py": text}), targets=targets, subject=subject, setup_patch="")
    summary = export([asked], tmp_path / "store", tmp_path / "openhands")
    assert summary.left_out == ({f"dep-search: {reason}": 1} if reason else {})


TWO = '''\
def f():
    """Does a thing."""
    return 1


def g():
    """Does another thing
    in two lines."""
    return 2
'''


@pytest.mark.parametrize("variant", ["named", "masked"])
def test_several_targets_of_a_file_are_deleted_from_its_end_on_and_never_named_to_whom_they_are_not(
    variant, validated, small, tmp_path
):
    targets = tuple(
        Target(file="a.py", qualname=name, kind="function", def_line=line) for name, line in (("f", 1), ("g", 6))
    )
    asked = on_github(
        validated(0, "func-localize"), snapshot=small({"a.py": TWO}), targets=targets, setup_patch="",
        variant=variant, problem_statement="1. It does a thing.\n2. It does another.\n",
    )  # fmt: skip
    summary = export([asked], tmp_path / "store", tmp_path / "openhands")
    if variant == "masked":
        reason = "their harness tells the names of several targets, which this task does not"
        assert summary.left_out == {f"func-localize: {reason}": 1}
        return
    (row,) = rows(tmp_path / "openhands/func_localize/train.jsonl")
    assert row["n_functions"] == 2
    columns = ("module_name", "docstring_line_start", "docstring_line_end")
    assert [tuple(map(each.get, columns)) for each in functions(row)] == [("g", 6, 7), ("f", 1, 1)]
    assert functions(row)[0]["function_description"] == (
        "Number 2 of what is described here.\n\n1. It does a thing.\n2. It does another.\n"
    )
    (task,) = rows(tmp_path / "openhands/tasks.jsonl")
    start = committed_state({"a.py": TWO.encode()}, task["setup_patch"])["a.py"].decode()
    assert start == "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    assert [target["def_line"] for target in task["targets"]] == [1, 5]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('def f(): "Does a thing."; return 1\n', "without the lines of a docstring, a file would not parse"),
        ('def f():\n    "Does a thing."; return 1\n', "without the lines of a docstring, a file would not parse"),
        (f"def f():\n{DOC}", "without the lines of a docstring, a file would not parse"),
        ("def f():\n    return 1\n", "a target has no docstring in the repository"),
        (
            f"x = 1\rdef f():\n{DOC}    return 1\n",
            "a file has carriage returns, at which their tools count lines otherwise",
        ),
    ],
)
def test_docstrings_that_are_no_lines_of_their_own_are_left_out(text, reason, validated, small, tmp_path):
    target = Target(file="a.py", qualname="f", kind="function", def_line=1)
    asked = on_github(
        validated(0, "func-localize"), snapshot=small({"a.py": text}), targets=(target,), setup_patch="",
        problem_statement="Find it:\n\n    It does a thing.\n",
    )  # fmt: skip
    summary = export([asked], tmp_path / "store", tmp_path / "openhands")
    assert summary.left_out == {f"func-localize: {reason}": 1}
