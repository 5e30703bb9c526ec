"""Predictions as harnesses leave them: each shape is told from the others, read, and graded; nothing of it hangs.

What lies in ``harnesses`` was written by the harnesses: ``mini`` by ``mini-extra swebench`` 2.4.6 with its
deterministic model, ``verifiers`` by verifiers 0.4.0's own writer, ``harbor`` by the models of Harbor 0.26.0, laid out
as its trials are. OpenHands' rows follow its benchmarks' code (November 2026).
"""

import json
import os
import shutil
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from hgen.errors import ConfigError
from hgen.predictions.reading import given
from hgen.predictions.rewards import ScoreSummary
from hgen.predictions.shapes.rows import ReadRow, UnreadableRow
from hgen.records import Prediction
from tests.command import hgen
from tests.stages.test_score import RIGHT, WRONG, Bench, answer

HARNESSES = Path(__file__).with_name("harnesses")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.write([made.task(name) for name in ("a", "b", "c", "d")], [])
    made.predictions.unlink()
    return made


def read(path: Path) -> tuple[str, list[Prediction], list[str]]:
    """The shape, what was read, and what could not be."""
    found = given(path)
    rows = list(found.rows())
    predictions = [row.prediction for row in rows if isinstance(row, ReadRow)]
    return str(found), predictions, [str(row) for row in rows if isinstance(row, UnreadableRow)]


def score(bench: Bench, path: Path) -> ScoreSummary:
    bench.predictions = path
    return bench.score()


def rewards(bench: Bench) -> Counter[tuple[object, object]]:
    return Counter((row["instance_id"], row["reward"]) for row in bench.rows())


ROWS = [answer("a", model_name_or_path="m"), answer("b", WRONG)]
NAMED_BY_KEY = {"a": {"model_patch": RIGHT}, "b": {"model_patch": WRONG}}
OPENHANDS = [
    {"instance_id": "a", "test_result": {"git_patch": RIGHT}, "metadata": {"llm": {"model": "m"}}, "history": []},
    {"instance_id": "b", "test_result": {}, "error": "Instance failed after retries"},
]


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


SHAPES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "rows": (lambda folder: write(folder / "p.jsonl", lines(ROWS)), "JSON lines: SWE-bench rows"),
    "all_preds.jsonl": (lambda folder: write(folder / "all_preds.jsonl", lines(ROWS)), "JSON lines: SWE-bench rows"),
    "array": (lambda folder: write(folder / "all_preds.json", ROWS), "a JSON array: SWE-bench rows"),
    "pretty": (lambda folder: write(folder / "p.json", json.dumps(ROWS, indent=2)), "a JSON array: SWE-bench rows"),
    "by id": (
        lambda folder: write(folder / "p.json", {row["instance_id"]: row for row in ROWS}),
        "a JSON object by instance_id",
    ),
    "by id, pretty, named by the key only": (
        lambda folder: write(folder / "p.json", json.dumps(NAMED_BY_KEY, indent=1)),
        "a JSON object by instance_id",
    ),
    "diffs": (
        lambda folder: (write(folder / "d/a.diff", RIGHT), write(folder / "d/b.patch", WRONG))[0].parent,
        "diffs, each named by its instance_id",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_known_and_graded(bench: Bench, name: str) -> None:
    make, called = SHAPES[name]
    summary = score(bench, make(bench.folder / "given"))
    assert summary.shape == called
    assert rewards(bench) == {("a", 1): 1, ("b", 0): 1}
    assert (summary.unreadable, summary.unknown) == ((), ())


def test_what_was_seen_is_said(bench: Bench) -> None:
    path = write(bench.folder / "p.json", {row["instance_id"]: row for row in ROWS})
    done = hgen("score", bench.tasks, path, "-o", bench.out, "--json")
    assert "hgen: the predictions are a JSON object by instance_id\n" in done.stderr
    assert json.loads(done.stdout)["shape"] == "a JSON object by instance_id"


def test_openhands_rows_that_failed_are_unreadable(bench: Bench) -> None:
    shape, (found,), (problem,) = read(write(bench.folder / "oh/output.jsonl", lines(OPENHANDS)))
    assert (shape, found.model_name_or_path, found.model_patch) == ("JSON lines: OpenHands rows", "m", RIGHT)
    assert problem == "row 2: b has no model_patch (Instance failed after retries)"


def test_lines_may_be_of_several_harnesses(bench: Bench) -> None:
    path = write(bench.folder / "p.jsonl", lines([*ROWS, OPENHANDS[0]]))
    assert read(path)[0] == "JSON lines: SWE-bench rows (2) and OpenHands rows (1)"


def test_a_run_of_mini_swe_agent_is_read_by_its_preds_json(bench: Bench) -> None:
    summary = score(bench, HARNESSES / "mini")
    assert summary.shape == "preds.json, a JSON object by instance_id"
    assert rewards(bench) == {("a", 1): 1, ("b", 1): 1}
    assert {row["model_name_or_path"] for row in bench.rows()} == {"deterministic"}


def test_trajectories_of_mini_swe_agent_are_read_one_or_all(bench: Bench) -> None:
    shutil.copytree(HARNESSES / "mini", bench.folder / "mini")
    (bench.folder / "mini/preds.json").unlink()
    assert score(bench, bench.folder / "mini").shape == "trajectories of mini-swe-agent"
    assert rewards(bench) == {("a", 1): 1, ("b", 1): 1}
    assert {row["origin"] for row in bench.rows()} == {"a/a.traj.json", "b/b.traj.json"}
    assert score(bench, HARNESSES / "mini/a/a.traj.json").shape == "a trajectory of mini-swe-agent"
    assert rewards(bench) == {("a", 1): 1}


def test_a_trajectory_without_a_submission_is_unreadable(bench: Bench) -> None:
    whole = json.loads((HARNESSES / "mini/a/a.traj.json").read_text())
    cut = (HARNESSES / "mini/b/b.traj.json").read_text()[:900]
    write(bench.folder / "t/a.traj.json", whole)
    del whole["info"]["submission"]
    write(bench.folder / "t/b.traj.json", whole)
    write(bench.folder / "t/c.traj.json", cut)
    _, (found,), problems = read(bench.folder / "t")
    assert found.instance_id == "a"
    assert problems[0] == "b.traj.json: no trajectory with info.submission"
    assert problems[1].startswith("c.traj.json: no JSON: ")


def test_a_trajectory_that_is_no_file_or_too_large_costs_no_other_its_verdict(bench: Bench) -> None:
    """A link leads to what the harness's container could not read; a pipe would be waited for."""
    whole = (HARNESSES / "mini/a/a.traj.json").read_text()
    write(bench.folder / "secret", json.loads(whole))
    write(bench.folder / "t/a.traj.json", json.loads(whole))
    (bench.folder / "t/b.traj.json").symlink_to(bench.folder / "secret")
    os.mkfifo(bench.folder / "t/c.traj.json")
    with (bench.folder / "t/d.traj.json").open("wb") as large:
        large.truncate(1 << 40)
    _, (found,), problems = read(bench.folder / "t")
    assert found.origin == "a.traj.json"
    assert [problem.partition(":")[0] for problem in problems] == ["b.traj.json", "c.traj.json", "d.traj.json"]
    link = bench.folder / "link.traj.json"
    link.symlink_to(bench.folder / "t/a.traj.json")
    assert len(read(link)[1]) == 1


@pytest.mark.parametrize("where", [".", "run", "run/a__xY70"])
def test_harbors_trials_are_read_from_jobs_a_job_or_one(bench: Bench, where: str) -> None:
    summary = score(bench, HARNESSES / "harbor" / where)
    assert summary.shape == "a Harbor job"
    assert not summary.unknown
    if where == "run/a__xY70":
        assert rewards(bench) == {("a", 1): 1}
        return
    assert rewards(bench) == {("a", 1): 1, ("b", 0): 1, ("b", 1): 1}
    assert {row["model_name_or_path"] for row in bench.rows()} == {"lab/model-1", "terminus-2"}
    problems = [problem.rpartition("__")[2] for problem in summary.unreadable]
    assert problems == ["xY70: c: cannot read answer.diff: No such file or directory (AgentTimeoutError)",
                        "run: the trial is not finished"]  # fmt: skip


def test_a_trial_that_is_added_costs_no_other_its_verdict(bench: Bench) -> None:
    shutil.copytree(HARNESSES / "harbor/run", bench.folder / "job", ignore=shutil.ignore_patterns("a__*"))
    bench.predictions = bench.folder / "job"
    bench.score()
    before = bench.receipts()
    shutil.copytree(HARNESSES / "harbor/run/a__xY70", bench.folder / "job/a__xY70")
    bench.score()
    assert {name: bench.receipts()[name] for name in before} == before
    assert rewards(bench) == {("a", 1): 1, ("b", 0): 1, ("b", 1): 1}


@pytest.mark.parametrize("link", ["answer.diff", "logs"])
def test_what_a_container_left_leads_nowhere_else(bench: Bench, link: str) -> None:
    secret = bench.folder / "secret/artifacts/answer.diff"
    write(secret, RIGHT)
    shutil.copytree(HARNESSES / "harbor/run/a__xY70", bench.folder / "job/a__xY70")
    artifacts = bench.folder / "job/a__xY70/artifacts"
    shutil.rmtree(artifacts)
    if link == "logs":
        artifacts.mkdir()
        (artifacts / "logs").symlink_to(bench.folder / "secret")
    else:
        (artifacts / "logs/artifacts").mkdir(parents=True)
        (artifacts / "logs/artifacts/answer.diff").symlink_to(secret)
    with pytest.raises(ConfigError, match=r"no row of it is a prediction \(a__xY70: a: "):
        given(bench.folder / "job")


def test_traces_of_verifiers_are_read(bench: Bench) -> None:
    summary = score(bench, HARNESSES / "verifiers")
    assert summary.shape == "traces.jsonl, JSON lines: verifiers traces"
    assert rewards(bench) == {("a", 1): 1, ("a", 0): 1}
    assert {row["model_name_or_path"] for row in bench.rows()} == {"lab/model-1"}
    (problem,) = summary.unreadable
    assert problem.endswith("row 2: b has no model_patch (the box went away)")


def test_tasks_are_known_by_the_names_that_exports_give_them(bench: Bench) -> None:
    from hgen.export.names import safe_name

    name = "Owner/Repo é#1"
    bench.write([bench.task(name)], [])
    write(bench.folder / f"d/{safe_name(name)}.diff", RIGHT)
    assert not score(bench, bench.folder / "d").failed
    assert rewards(bench) == {(name, 1): 1}


def test_null_and_missing_patches_differ(bench: Bench) -> None:
    by_id = {"a": {"model_patch": None}, "b": {"model_name_or_path": "m"}, "c": None, "d": {"model_patch": RIGHT}}
    summary = score(bench, write(bench.folder / "preds.json", by_id))
    assert rewards(bench) == {("a", 0): 1, ("d", 1): 1}
    assert [problem.partition(", ")[2] for problem in summary.unreadable] == [
        "row 2: b has no model_patch", "row 3: no JSON object with an instance_id",
    ]  # fmt: skip


def test_an_id_that_is_there_twice_has_two_answers(bench: Bench) -> None:
    text = f'{{"a": {json.dumps(ROWS[0])}, "a": {{"model_patch": ""}}}}'
    score(bench, write(bench.folder / "preds.json", text))
    assert rewards(bench) == {("a", 1): 1, ("a", 0): 1}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("form", ["array", "by id"])
def test_a_file_that_is_cut_off_costs_what_is_cut(bench: Bench, form: str, indent: int | None) -> None:
    whole: object = ROWS if form == "array" else {row["instance_id"]: row for row in ROWS}
    text = json.dumps(whole, indent=indent)
    summary = score(bench, write(bench.folder / "preds.json", text[: len(text) - 40]))
    assert rewards(bench) == {("a", 1): 1}
    (problem,) = summary.unreadable
    assert "row 2: no JSON from character" in problem
    assert "the file ends too early" in problem


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (lines([{"instance_id": "a", "patch": RIGHT}]), "a has no model_patch"),
        ("hello\n", "no JSON object with an instance_id"),
        ('{"a": {"model_patch": ' + "[" * 200_000, "nested|recursion|JSON"),
        ("[" * 200_000, "nested|recursion|JSON"),
        ("[1, 2, 3]", "no JSON object"),
        ('[{"model_patch": "x"} {"model_patch": "x"}]', "no JSON object"),
        ("[" + "x" * 10_000_000, "from character 1 on: Expecting value"),
    ],
)
def test_what_is_no_shape_is_an_error_that_lists_those_known(bench: Bench, text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=rf"no row of it is a prediction \(row 1: .*({why}).*; known are JSON lines"):
        given(write(bench.folder / "preds.json", text))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_other_encodings_are_read_or_refused(bench: Bench, encoding: str) -> None:
    row = json.dumps({**ROWS[0], "model_name_or_path": "modèle"}, ensure_ascii=False)
    for name, text in {"p.jsonl": f"{row}\n{row}\n", "p.json": f"[{row}]"}.items():
        (bench.folder / name).write_bytes(text.encode(encoding))
        if encoding == "utf-8-sig":
            assert read(bench.folder / name)[1][0].model_name_or_path == "modèle"
        else:
            with pytest.raises(ConfigError, match="no row of it is a prediction"):
                given(bench.folder / name)


def test_a_diff_of_any_size_and_kind_ends(bench: Bench) -> None:
    folder = bench.folder / "d"
    write(folder / "a.diff", RIGHT)
    write(folder / "b.diff", "é" * 5_000_000)
    (folder / "c.diff").write_bytes(b"\xff\xfe")
    os.mkfifo(folder / "d.diff")
    (folder / "e.diff").symlink_to("/dev/zero")
    (folder / "f.diff").mkdir()
    (folder / "loop").symlink_to(folder)
    summary = score(bench, folder)
    assert rewards(bench) == {("a", 1): 1, ("b", 0): 1}
    assert {row["instance_id"]: [reason["code"] for reason in row["reasons"]] for row in bench.rows()}["b"] == [
        "too-large"
    ]
    assert [problem.partition(", ")[2] for problem in summary.unreadable] == [
        "c.diff: c.diff is not UTF-8",
        "d.diff: d.diff is no regular file",
        "e.diff: cannot read e.diff: Too many levels of symbolic links",
    ]


def test_names_need_not_be_unicode(bench: Bench) -> None:
    write(bench.folder / "d/a.diff", RIGHT)
    (bench.folder / "d" / os.fsdecode(b"b\xff.diff")).write_text(RIGHT, encoding="utf-8")
    done = hgen("score", bench.tasks, bench.folder / "d", "-o", bench.out, "--json")
    assert done.returncode == 1
    assert "b\\udcff.diff: its instance_id is no Unicode text" in done.stderr
    assert "b\\udcff.diff" in json.loads(done.stdout)["unreadable"][0]


def test_several_kinds_in_one_folder_are_refused(bench: Bench) -> None:
    write(bench.folder / "d/a.diff", RIGHT)
    shutil.copy(HARNESSES / "mini/a/a.traj.json", bench.folder / "d")
    with pytest.raises(ConfigError, match="several kinds of predictions, trajectories of mini-swe-agent and diffs"):
        given(bench.folder / "d")
    write(bench.folder / "e/output.jsonl", lines(OPENHANDS))
    write(bench.folder / "e/preds.json", "{}")
    with pytest.raises(ConfigError, match=r"several kinds of predictions, preds\.json and output\.jsonl"):
        given(bench.folder / "e")


def test_a_pipe_is_not_waited_for(bench: Bench) -> None:
    os.mkfifo(bench.folder / "pipe")
    with pytest.raises(ConfigError, match="no regular file"):
        score(bench, bench.folder / "pipe")


def test_a_large_file_is_read_in_parts(bench: Bench) -> None:
    """100 MB in one object: what is held at a time is one answer, and what is read ahead."""
    path = bench.folder / "preds.json"
    with path.open("w", encoding="utf-8") as file:
        file.write('{"a": ' + json.dumps(ROWS[0]))
        for number in range(100):
            file.write(f', "x{number}": ' + json.dumps({"model_patch": "+" * 1_000_000}))
        file.write(', "last": {"model_patch": null}}')
    found = given(path)
    tracemalloc.start()
    count = sum(isinstance(row, ReadRow) for row in found.rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 102
    assert peak < 30_000_000
