"""Tasks are read from wherever they are, and their snapshots found: exports, parquet files, a hub."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hgen import run as library
from hgen.config import Config
from hgen.errors import ConfigError, ShardError
from hgen.export.names import safe_name
from hgen.records import Task
from hgen.tasksets.columns import task_of
from hgen.tasksets.finding import find
from hgen.tasksets.hub import HubDataset, hub_dataset
from hgen.tasksets.taskset import task_set
from tests.command import HGEN, environment, hgen
from tests.export.test_hub import served


@pytest.fixture(scope="module")
def found(undisturbed: Path) -> list[Task]:
    return [sound.task for sound in library.tasks(undisturbed)]


@pytest.fixture
def gold(found: list[Task], tmp_path: Path) -> Path:
    """A right answer to each task."""
    path = tmp_path / "gold.jsonl"
    rows = [{"instance_id": task.instance_id, "model_patch": task.patch} for task in found]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def travelled(undisturbed: Path, tmp_path: Path) -> Path:
    """The parquet export with its snapshots beside it, and nothing else of the out folder."""
    folder = tmp_path / "elsewhere/tasks"
    shutil.copytree(undisturbed / "export/hf", folder)
    if not (folder / "snapshots").exists():
        shutil.copytree(undisturbed / "snapshots", folder / "snapshots")
    return folder


@pytest.fixture(scope="module")
def everywhere(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An out folder without its stages, with exports in formats whose own files are no rows."""
    out = tmp_path_factory.mktemp("everywhere") / "out"
    shutil.copytree(undisturbed, out)
    library.export(Config(), out, formats=("harbor", "swebench", "inspect", "trl"))
    folder = out / "export/openhands"
    folder.mkdir()
    (folder / ".hgen.json").write_text(json.dumps({"format": "openhands", "files": {}}), encoding="utf-8")
    (folder / "train.jsonl").write_text("this is no task\n", encoding="utf-8")
    lines = [file.read_text(encoding="utf-8") for file in sorted((out / "export/jsonl").glob("*.jsonl"))]
    (folder / "tasks.jsonl").write_text("".join(lines), encoding="utf-8")
    for stage in ("validate", "synth"):
        shutil.rmtree(out / stage)
    return out


PLACES = [".", "export", "export/jsonl", "export/hf", "export/swebench", "export/inspect", "export/harbor",
          "export/harbor/tasks", "export/openhands", "export/trl"]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_folder_of_any_kind_gives_all_tasks(everywhere: Path, found: list[Task], place: str) -> None:
    rows = [task_of(line, where) for where, line in task_set(everywhere / place).rows()]
    assert sorted(str(row["instance_id"]) for row in rows) == sorted(task.instance_id for task in found)


def test_a_stages_folder_is_one_too(undisturbed: Path, found: list[Task]) -> None:
    for place in (".", "validate"):
        rows = [task_of(line, where) for where, line in task_set(undisturbed / place).rows()]
        assert [row["instance_id"] for row in rows] == [task.instance_id for task in found]


def test_a_harbor_task_by_itself_can_be_shown_checked_out_and_scored(
    everywhere: Path, found: list[Task], gold: Path, tmp_path: Path
) -> None:
    task = found[-1]
    folder = tmp_path / "one"
    shutil.copytree(everywhere / "export/harbor/tasks" / safe_name(task.instance_id), folder)
    assert find(folder, None).task == task
    assert library.checkout(task.instance_id, tmp_path / "tree", tasks=folder, out=tmp_path / "none").task == task
    summary = library.score(folder, gold, out=tmp_path / "none")
    assert (summary.tasks, summary.families[0].resolved) == (1, 1)


def test_an_archive_of_answers_that_is_damaged_is_named(everywhere: Path, tmp_path: Path) -> None:
    shutil.copy(everywhere / "export/inspect/answers.zip", tmp_path)
    archive = tmp_path / "answers.zip"
    with zipfile.ZipFile(archive, "a") as answers:
        answers.writestr("none.json", "[]")
    with pytest.raises(ShardError, match=r"answers\.zip, none\.json is no answer file"):
        list(task_set(archive).rows())
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(ShardError, match=r"cannot read .*answers\.zip"):
        list(task_set(tmp_path).rows())


def test_parquet_and_json_lines_hold_the_same_tasks(undisturbed: Path, found: list[Task]) -> None:
    for task in found:
        shown = [find(undisturbed / place, task.instance_id) for place in ("validate", "export/jsonl", "export/hf")]
        assert shown[0] == shown[1] == shown[2]
        assert shown[0].task == task
        assert shown[0].checks


def test_a_row_is_read_again_where_it_stood(undisturbed: Path, tmp_path: Path) -> None:
    """In row groups of any size."""
    (file,) = task_set(undisturbed / "export/hf/dep_search").files
    table = pq.read_table(file)
    pq.write_table(pa.concat_tables([table] * 20), tmp_path / "many.parquet", row_group_size=100)
    rows = list(task_set(tmp_path / "many.parquet").rows())
    assert len(rows) == 20 * len(table) > 200
    assert all(place.read() == line for place, line in rows)


def test_who_has_only_the_parquet_export_can_score(travelled: Path, gold: Path, found: list[Task]) -> None:
    nowhere = travelled.parent / "nowhere"
    summary = library.score(travelled, gold, out=nowhere)
    assert not summary.problems()
    assert sum(family.resolved for family in summary.families) == len(found)
    one = next(travelled.glob("*/*.parquet"))
    gold.with_name("gold.rewards.jsonl").unlink()
    assert library.score(one, gold, out=nowhere).tasks == pq.read_metadata(one).num_rows
    assert not nowhere.exists()


def test_parquet_and_json_lines_give_the_same_rewards(undisturbed: Path, gold: Path, tmp_path: Path) -> None:
    rewards = [
        library.score(undisturbed / place, gold, tmp_path / f"{number}.jsonl", out=undisturbed).rewards.read_text()
        for number, place in enumerate(("validate", "export/jsonl", "export/hf"))
    ]
    assert sorted(rewards[0].splitlines()) == sorted(rewards[1].splitlines()) == sorted(rewards[2].splitlines())


def test_a_snapshot_that_is_nowhere_is_named(travelled: Path, gold: Path) -> None:
    shutil.rmtree(travelled / "snapshots")
    done = hgen("score", travelled, gold, "-o", travelled.parent / "none")
    assert done.returncode == 1
    assert ".zip is missing" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", None])
def test_a_damaged_table_is_named(travelled: Path, gold: Path, content: bytes | None) -> None:
    file = min(travelled.glob("*/*.parquet"))
    file.write_bytes(file.read_bytes()[:-100] if content is None else content)
    for command in (
        ["score", travelled, gold],
        ["show", "--tasks", travelled],
        ["checkout", "x", "--tasks", travelled],
    ):
        done = hgen(*command, "-o", travelled.parent / "none")
        assert done.returncode == 1
        assert f"cannot read {file}: it is no parquet file, or damaged" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_table_of_something_else_is_named(tmp_path: Path, gold: Path) -> None:
    pq.write_table(pa.table({"question": ["?"], "answer": [b"\xff"]}), tmp_path / "others.parquet")
    with pytest.raises(ShardError, match=r"others\.parquet, row 1 of group 1: it holds what JSON cannot"):
        library.score(tmp_path / "others.parquet", gold)
    pq.write_table(pa.table({"question": ["?"]}), tmp_path / "others.parquet")
    with pytest.raises(ShardError, match="this line is no task"):
        library.score(tmp_path / "others.parquet", gold)
    with pytest.raises(ConfigError, match="holds no tasks"):
        find(tmp_path / "others.parquet", None)


def test_a_row_of_another_version_is_named(tmp_path: Path, found: list[Task]) -> None:
    row = found[0].model_dump(mode="json")
    del row["graded_by"]
    (tmp_path / "old.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(
        ShardError, match=r"byte 0: not a task \(graded_by: Field required\); it was damaged or written by"
    ):
        find(tmp_path / "old.jsonl", None)


NAMES = {
    "acme/tasks": HubDataset("acme/tasks"),
    "hf:acme/tasks": HubDataset("acme/tasks"),
    "acme/tasks@v1.2": HubDataset("acme/tasks", "v1.2"),
    "hf:acme/tasks@refs/pr/3": HubDataset("acme/tasks", "refs/pr/3"),
    "out": None,
    "a/b/c": None,
    "../tasks": None,
    "/etc/passwd": None,
    "acme/..": None,
}


@pytest.mark.parametrize("text", NAMES)
def test_what_names_a_dataset(text: str) -> None:
    assert hub_dataset(text) == NAMES[text]


def test_a_wrong_name_of_a_dataset_is_said() -> None:
    with pytest.raises(ConfigError, match="'hf:tasks' names no dataset"):
        hub_dataset("hf:tasks")


def test_what_is_a_path_is_never_asked_of_a_hub(tmp_path: Path) -> None:
    assert task_set(tmp_path / "acme/tasks").files == (tmp_path / "acme/tasks",)
    assert task_set(tmp_path / "acme/tasks").dataset is None


@pytest.fixture
def hub(travelled: Path, tmp_path: Path) -> Iterator[str]:
    """A stand-in hub that holds the dataset ``acme/tasks``."""
    with served(tmp_path / "hub") as address:
        shutil.copytree(travelled, tmp_path / "hub/acme/tasks")
        yield address


def on(hub: str, home: Path, *arguments: str | Path, **more: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in environment().items() if not name.startswith("HF_")}
    own = {"HF_ENDPOINT": hub, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(home), "HF_TOKEN": "good"}
    own |= {"no_proxy": "127.0.0.1", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [*HGEN, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **own, **more},
        cwd=home,
    )


@pytest.mark.long
def test_a_dataset_on_the_hub_is_shown_checked_out_and_scored(
    hub: str, found: list[Task], gold: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shown = on(hub, home, "show", found[0].instance_id, "--tasks", "acme/tasks", "--json")
    assert json.loads(shown.stdout)["task"] == found[0].model_dump(mode="json")
    assert not list(home.rglob("*.zip")), "a snapshot was fetched that nobody needs"
    out = on(hub, home, "checkout", found[0].instance_id, "tree", "--tasks", "hf:acme/tasks")
    assert out.returncode == 0, out.stderr
    assert (home / "tree/.git").is_dir()
    assert len(list(home.rglob("*.zip"))) == 1
    for more in ({}, {"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}):
        gold.with_name("gold.rewards.jsonl").unlink(missing_ok=True)
        done = on(hub, home, "score", "acme/tasks", gold, "--json", **more)
        assert done.returncode == 0, done.stderr
        assert sum(family["resolved"] for family in json.loads(done.stdout)["families"]) == len(found)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "more", "status", "said"),
    [
        ("acme/none", {}, 2, "there is no file or folder acme/none, and no dataset of that name on the hub"),
        ("acme/tasks", {"HF_TOKEN": "bad"}, 2, "hf auth login"),
        ("acme/tasks", {"HF_HUB_OFFLINE": "1"}, 1, "cannot reach the hub, and acme/tasks is not in its cache"),
        ("acme/tasks", {"HF_ENDPOINT": "http://127.0.0.1:9"}, 1, "cannot reach the hub, and acme/tasks is not in its"),
        ("hf:tasks", {}, 2, "'hf:tasks' names no dataset on the hub; write hf:ORG/NAME"),
    ],
)
def test_trouble_with_a_hub_is_one_line(
    hub: str, name: str, more: dict[str, str], status: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    done = on(hub, tmp_path / "home", "show", "--tasks", name, **more)
    assert (done.returncode, done.stderr.count("\n")) == (status, 1), done.stderr
    assert said in done.stderr
    assert "good" not in done.stderr.replace("'good'", "")


@pytest.mark.long
@pytest.mark.parametrize("user", ["somebody:sesame@", ""])
@pytest.mark.parametrize("refused", ["info=500", "info=echo"])
def test_neither_a_password_in_the_hubs_address_nor_the_token_is_in_a_message(
    refused: str, user: str, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    with served(tmp_path / "hub", refused) as address:
        more = {"HF_ENDPOINT": address.replace("://", f"://{user}"), "HF_TOKEN": "good"}
        done = on("", tmp_path / "home", "show", "--tasks", "acme/tasks", **more)
    assert done.returncode == 1, done.stderr
    assert "acme/tasks" in done.stderr
    assert "sesame" not in done.stderr
    assert "good" not in done.stderr


def test_a_link_in_a_circle_and_a_pipe_among_the_tasks_are_passed_by(tmp_path: Path, undisturbed: Path) -> None:
    shutil.copytree(undisturbed / "export/jsonl", tmp_path / "tasks")
    (tmp_path / "tasks/circle").symlink_to(tmp_path / "tasks")
    (tmp_path / "tasks/x.jsonl").symlink_to(tmp_path / "tasks/x.jsonl")
    os.mkfifo(tmp_path / "tasks/pipe.jsonl")
    assert {file.name for file in task_set(tmp_path / "tasks").files} == {"dep_search.jsonl", "func_localize.jsonl"}
