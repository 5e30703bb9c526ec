"""What docstrings say, measured on the tasks of a real run: true ones high; vague, copied and stuffed ones low."""

import ast
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import pytest

from hgen.records import Task, Validated
from hgen.runner import done_shards
from hgen.scoring import StaticTask, score
from hgen.scoring.start_state import start_state
from hgen.scoring.truth import Known, content_words, share_said
from hgen.shards import read_shard
from hgen.snapshots import Store

Write = Callable[[Task, ast.AST, str], str]
"""A task, a target and its code; the docstring that is written for it."""

VAGUE = (
    "This function performs an operation on the given input and returns the result.",
    "Handle the request and update the state of the object accordingly.",
    "Read the path, check each key and name, and write the text to the output stream or raise an error.",
)


@pytest.fixture(scope="module")
def share(undisturbed: Path) -> Callable[[Write], list[float]]:
    """The part of each task's reward that is for what docstrings say, if they are written so."""
    found = [each.task for shard in done_shards(undisturbed, "validate") for each in read_shard(shard, Validated)]
    tasks = [task for task in found if task.family == "func-localize"]
    assert len(tasks) >= 20
    store = Store(undisturbed / "snapshots")
    starts = {}
    for task in tasks:
        with store.open(task.snapshot) as files:
            state = start_state(files, task.setup_patch, "")
            starts[task.instance_id] = {name: bytes(state[name]) for name in {each.file for each in task.targets}}

    def of(write: Write) -> list[float]:
        shares = []
        for task in tasks:
            files = starts[task.instance_id]
            given = score(task, answer(task, files, write), files)
            # Written where it belongs, whatever it says.
            assert given.parts["module_f1"] == 1, given.reasons
            shares.append(given.parts["docstrings"])
        return shares

    return of


def answer(task: Task, files: dict[str, bytes], write: Write) -> str:
    """A diff that gives each target a docstring."""
    import difflib

    diff = []
    for file, content in files.items():
        text = content.decode()
        lines = text.split("\n")
        wanted = {target.def_line for target in task.targets if target.file == file}
        nodes = [node for node in ast.walk(ast.parse(text)) if getattr(node, "lineno", 0) in wanted]
        after = list(lines)
        for node in sorted((node for node in nodes if isinstance(node, DEFINITIONS)), key=lambda node: -node.lineno):
            code = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            first = node.body[0]
            indent = lines[first.lineno - 1][: first.col_offset]
            at = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", ()))]) - 1
            after.insert(at, f"{indent}{write(task, node, code)!r}")
        diff += [f"--- a/{file}", f"+++ b/{file}"]
        diff += list(difflib.unified_diff(lines, after, lineterm=""))[2:]
    return "\n".join(diff) + "\n"


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def test_the_reference_answer_says_all(undisturbed: Path) -> None:
    checked = 0
    store = Store(undisturbed / "snapshots")
    for shard in done_shards(undisturbed, "validate"):
        for task in (each.task for each in read_shard(shard, Validated)):
            if task.family == "func-localize":
                with store.open(task.snapshot) as files:
                    state = start_state(files, task.setup_patch, "")
                    start = {target.file: bytes(state[target.file]) for target in task.targets}
                assert score(task, task.patch, start).parts["docstrings"] == 1
                checked += 1
    assert checked >= 20


def test_one_vague_sentence_for_all_tasks_says_nothing(share) -> None:
    for sentence in VAGUE:
        assert fmean(share(lambda *_, sentence=sentence: sentence)) < 0.08


def test_the_instruction_copied_says_nothing(share) -> None:
    assert fmean(share(lambda task, *_: task.problem_statement)) < 0.05


def test_a_list_of_the_codes_words_and_the_code_itself_say_little(share) -> None:
    def identifiers(task: Task, node: ast.AST, code: str) -> str:
        return "It is: " + " ".join(sorted({each.id for each in ast.walk(node) if isinstance(each, ast.Name)}))

    assert fmean(share(identifiers)) < 0.4
    assert fmean(share(lambda task, node, code: ast.unparse(node))) < 0.4


def test_a_true_sentence_on_what_the_code_shows_says_much(share) -> None:
    def honest(task: Task, node: ast.AST, code: str) -> str:
        names = [each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)]
        names += [each.arg for each in ast.walk(node) if isinstance(each, ast.arg)]
        names += [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
        told = [name for name in dict.fromkeys(names) if content_words(name)][:8]
        return "It does what is asked of it " + " and then ".join(f"by the {name}" for name in told) + "."

    assert fmean(share(honest)) > 0.7


CODE = "def weave(loom, shuttle):\n    cloth = loom.lay(shuttle.threads)\n    return cloth.fringed()\n"
TRUE = "Lay the threads of the shuttle on the loom, and put a fringe on the cloth."
OTHER = "def dye(vat, cloth):\n    vat.soak(cloth)\n    return cloth.wrung()\n"


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        (TRUE, 1, 1),
        ("With the loom that it is given, it lays the threads of a shuttle.", 1, 1),
        ("It is a thing for the threads.", 0.3, 0.4),
        ("It works on what it is told to work on.", 0, 0),
        ("weave loom shuttle cloth lay threads fringed", 0, 0),
        (CODE, 0, 0.2),
    ],
)
def test_true_words_of_the_code_in_prose_count(text: str, least: float, most: float) -> None:
    assert least <= share_said({CODE: text}, [text], Known(), 1) <= most


def test_words_that_the_problem_statement_holds_do_not_count() -> None:
    known = Known.of("Find what weaves: it lays threads of shuttles onto looms, and puts fringes on cloths.", "")
    assert share_said({CODE: TRUE}, [TRUE], known, 1) == 0
    # A true docstring is one, whatever was said of it.
    gold = Known.of("It puts threads of shuttles onto looms.", f'@@ -1 +1,2 @@\n def f():\n+    """{TRUE}"""\n')
    assert share_said({CODE: TRUE}, [TRUE], gold, 1) == 1


def test_the_same_text_twice_in_an_answer_says_nothing() -> None:
    text = "By the vat and the loom, the cloth is soaked and wrung, and the threads of the shuttle are laid."
    assert (
        share_said({CODE: text, OTHER: text.replace("By", "With")}, [text, text.replace("By", "With")], Known(), 2) == 1
    )
    assert share_said({CODE: text, OTHER: text}, [text, text], Known(), 2) == 0
    assert share_said({CODE: text}, [text, f"  {text.upper()}!"], Known(), 1) == 0


def test_one_of_two_targets_described_is_half() -> None:
    assert share_said({CODE: TRUE}, [TRUE], Known(), 2) == 0.5


def test_what_is_known_travels_in_the_tasks_row() -> None:
    target = {"file": "a.py", "qualname": "weave", "kind": "function", "def_line": 1}
    row = {
        "graded_by": "docstrings",
        "targets": [target],
        "problem_statement": "Find the weaver.",
        "patch": f'@@ -1,3 +1,4 @@\n {CODE.splitlines()[0]}\n+    """{TRUE}"""\n',
    }
    task = StaticTask.of(row)
    assert task.known.told
    assert task.known.whole
    assert StaticTask.of(task.row()) == task
    assert "weave" not in str(StaticTask.of({**row, "graded_by": "markers"}).row().get("known"))
