"""What every export format promises."""

import json
import os
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hgen.config import Config
from hgen.errors import ConfigError
from hgen.export.folders import MANIFEST, exported_files, move_aside
from hgen.export.formats import grader, harbor, jsonl
from hgen.export.table import OWN, chosen
from hgen.export.task_row import row
from hgen.export.view import views
from hgen.records import Target
from hgen.shards import file_digest
from hgen.tasksets.taskset import task_set
from tests.export.stored import snapshot, store

FAMILIES = ("dep-search", "func-localize")


WRITE = """
import resource, sys, time
from pathlib import Path
from hgen.config import Config
from hgen.export.table import chosen
from hgen.export.task_row import row
from hgen.export.view import views
from hgen.records import Validated
from hgen.shards import read_shard

name, source, folder, limit, pause, store = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))

def tasks():
    yield from read_shard(Path(source), Validated)
    if int(pause):
        print("all read", flush=True)
        time.sleep(600)

chosen(name).write(views(tasks(), Path(store)), Path(folder), Config())
"""


def shard(tasks, path: Path) -> str:
    path.write_text("".join(task.model_dump_json() + "\n" for task in tasks), encoding="utf-8")
    return str(path)


@pytest.fixture(params=sorted({each.name for each in OWN} - {grader.NAME, harbor.NAME}))
def name(request: pytest.FixtureRequest) -> str:
    """The formats that carry no files of repositories; ``test_travel`` and ``test_harbor`` are about those that do."""
    return request.param


@pytest.fixture
def validated(validated):
    """Tasks that every format can express: about files that are in ``store``, of repositories on GitHub."""
    join = Target(file="parts.py", qualname="join", kind="function", def_line=1)
    split = Target(file="parts.py", qualname="split", kind="function", def_line=6)

    def made(number, family="dep-search", **changes):
        given = {
            "repo": f"someone/pack{number % 3}",
            "base_commit": f"{number % 3:040d}",
            "problem_statement": f"{number}. Find it:\n\n    It takes them apart \f again.\n",
            "targets": (split,),
            "subject": join,
            "setup_patch": "",
        }
        return validated(number, family, **{**given, **changes})

    return made


def export(name, tasks, folder, shard_bytes=10_000_000):
    return chosen(name).write(views(tasks, store()), folder, Config(export={"shard_bytes": shard_bytes}))


def size(file: Path) -> int:
    return file.stat().st_size


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def mixed(validated, count):
    return [validated(number, FAMILIES[number % 2]) for number in range(count)]


def test_the_summary_counts_what_is_on_disk(name, validated, tmp_path):
    summary = export(name, mixed(validated, 7), tmp_path / name)
    assert summary.tasks == {"dep-search": 4, "func-localize": 3}
    files = [path.stat() for path in (tmp_path / name).rglob("*") if path.is_file()]
    # A file with several names is on disk once.
    assert (summary.files, summary.bytes) == (len(files), sum({file.st_ino: file.st_size for file in files}.values()))


def test_the_manifest_names_every_file_with_its_digest(name, validated, tmp_path):
    export(name, mixed(validated, 3), tmp_path / name)
    digests = exported_files(tmp_path / name, name)
    assert set(digests) == set(contents(tmp_path / name)) - {MANIFEST}
    assert all(file_digest(tmp_path / name / file) == digest for file, digest in digests.items())


def test_the_same_tasks_give_the_same_bytes_for_any_hash_seed(name, validated, tmp_path):
    source = shard(mixed(validated, 60), tmp_path / "tasks")
    outputs = []
    for seed in ("1", "2"):
        folder = tmp_path / seed / name
        folder.parent.mkdir()
        command = [sys.executable, "-c", WRITE, name, source, str(folder), "0", "0", store()]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        outputs.append(contents(folder))
    assert outputs[0] == outputs[1]


def test_an_export_that_fails_leaves_the_earlier_one(name, validated, tmp_path):
    export(name, mixed(validated, 3), tmp_path / name)
    before = contents(tmp_path)

    def broken() -> Iterator[object]:
        yield validated(1)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        export(name, broken(), tmp_path / name)
    assert contents(tmp_path) == before


def test_a_new_export_replaces_the_earlier_one_whole(name, validated, tmp_path):
    export(name, mixed(validated, 40), tmp_path / name, shard_bytes=100_000)
    export(name, mixed(validated, 2), tmp_path / name)
    export(name, mixed(validated, 2), tmp_path / "other")
    assert contents(tmp_path / name) == contents(tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "other"])


def test_a_full_disk_leaves_the_earlier_export(name, validated, tmp_path):
    noise = [random.Random(number).randbytes(9_000).hex() for number in range(90)]
    large = [validated(number, problem_statement=text, patch=text) for number, text in enumerate(noise)]
    source = shard(large, tmp_path / "tasks")
    export(name, mixed(validated, 3), tmp_path / name)
    before = contents(tmp_path)
    command = [sys.executable, "-c", WRITE, name, source, str(tmp_path / name), "20000", "0", store()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.rstrip().split("\n")[-1].startswith("OSError: ")
    assert contents(tmp_path) == before


def test_after_kill_9_the_same_command_gives_the_same_bytes(name, validated, tmp_path):
    source = shard(mixed(validated, 30), tmp_path / "tasks")
    export(name, mixed(validated, 3), tmp_path / name)
    before = contents(tmp_path / name)
    command = [sys.executable, "-c", WRITE, name, source, str(tmp_path / name), "0"]
    with subprocess.Popen([*command, "1", store()], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "all read\n"
        process.kill()
    assert contents(tmp_path / name) == before
    subprocess.run([*command, "0", store()], check=True)
    export(name, mixed(validated, 30), tmp_path / "undisturbed")
    assert contents(tmp_path / name) == contents(tmp_path / "undisturbed")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "tasks", "undisturbed"])


def test_memory_does_not_grow_with_the_number_of_tasks(name, validated, tmp_path):
    peaks = []
    for count in (50, 200):
        tracemalloc.start()
        tasks = (validated(number, patch=f"{number:06d}" * 10_000) for number in range(count))
        export(name, tasks, tmp_path / name, shard_bytes=1_000_000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


@pytest.mark.parametrize("left", ["new", "old", "both"])
def test_a_killed_export_leaves_nothing_after_the_next_one(name, left, validated, tmp_path):
    export(name, mixed(validated, 2), tmp_path / "undisturbed")
    export(name, mixed(validated, 3), tmp_path / name)
    if left != "new":
        (tmp_path / name).rename(tmp_path / f".{name}.old")
    if left != "old":
        (tmp_path / ".hgen-left" / "work").mkdir(parents=True)
        (tmp_path / ".hgen-left" / ".hgen-scratch").touch()
        (tmp_path / ".hgen-left" / "work" / "half").write_bytes(b"x")
    export(name, mixed(validated, 2), tmp_path / name)
    assert contents(tmp_path / name) == contents(tmp_path / "undisturbed")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "undisturbed"])


def test_an_export_that_was_moved_aside_comes_back_if_the_next_one_fails(name, validated, tmp_path):
    export(name, mixed(validated, 3), tmp_path / name)
    before = contents(tmp_path)
    (tmp_path / name).rename(tmp_path / f".{name}.old")
    with pytest.raises(ZeroDivisionError):
        export(name, (validated(1 // n) for n in (1, 0)), tmp_path / name)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("foreign", ["notes.txt", "deep/er/thesis.tex"])
@pytest.mark.parametrize("exported_before", [True, False])
def test_files_that_no_export_wrote_are_never_deleted(name, foreign, exported_before, validated, tmp_path):
    if exported_before:
        export(name, mixed(validated, 3), tmp_path / name)
    file = tmp_path / name / foreign
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("years of work")
    with pytest.raises(ConfigError, match=foreign):
        export(name, mixed(validated, 3), tmp_path / name)
    assert file.read_text() == "years of work"


@pytest.mark.parametrize("dated_back", [True, False])
def test_an_exports_own_file_that_was_edited_is_kept(name, dated_back, validated, tmp_path):
    export(name, mixed(validated, 3), tmp_path / name)
    # A snapshot's archive is not only the export's.
    own = [path for path in (tmp_path / name).rglob("*.*") if path.is_file() and path.suffix != ".zip"]
    small = min((path for path in own if path.name != MANIFEST), key=size)
    before = small.stat()
    small.write_text("hours of work")
    if dated_back:
        os.utime(small, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ConfigError, match=r"edited since the export, such as .*--force"):
        export(name, mixed(validated, 3), tmp_path / name)
    assert small.read_text() == "hours of work"
    (aside,) = move_aside(tmp_path / name)
    export(name, mixed(validated, 3), tmp_path / name)
    assert (aside / small.relative_to(tmp_path / name)).read_text() == "hours of work"


def test_a_large_file_that_was_edited_is_kept(validated, tmp_path):
    many = mixed(validated, 200)
    export("jsonl", many, tmp_path / "jsonl")
    large = max((tmp_path / "jsonl").glob("*.jsonl"), key=size)
    assert size(large) > 1 << 16
    with large.open("a") as lines:
        lines.write("{}\n")
    with pytest.raises(ConfigError, match=rf"such as {large.name}"):
        export("jsonl", many, tmp_path / "jsonl")
    assert large.read_text().endswith("{}\n")


@pytest.mark.parametrize("beside", [".{}.new", ".{}.old", ".hgen-thesis"])
@pytest.mark.parametrize("exported_before", [True, False])
def test_somebodys_folder_beside_an_export_stays(name, beside, exported_before, validated, tmp_path):
    if exported_before:
        export(name, mixed(validated, 2), tmp_path / name)
    file = tmp_path / beside.format(name) / "thesis.tex"
    file.parent.mkdir()
    file.write_text("years of work")
    with suppress(ConfigError):
        export(name, mixed(validated, 3), tmp_path / name)
    assert file.read_text() == "years of work"


@pytest.mark.parametrize("is_there", [True, False])
def test_an_export_goes_through_a_link_as_often_as_one_likes(name, is_there, validated, tmp_path):
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.mkdir()
    if is_there:
        (disk / "tasks").mkdir()
    (out / name).symlink_to(disk / "tasks")
    for count in (2, 3, 2):
        export(name, mixed(validated, count), tmp_path / "undisturbed")
        export(name, mixed(validated, count), out / name)
        assert (out / name).readlink() == disk / "tasks"
        assert contents(disk / "tasks") == contents(tmp_path / "undisturbed")
        assert [path.name for folder in (disk, out) for path in folder.iterdir()] == ["tasks", name]


@pytest.mark.parametrize("beside", ["new", "old"])
def test_a_link_beside_an_export_stays_and_is_named_if_it_is_in_the_way(name, beside, validated, tmp_path):
    export(name, mixed(validated, 2), tmp_path / "elsewhere")
    link = tmp_path / f".{name}.{beside}"
    link.symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path / "elsewhere")
    for _ in range(2):
        if beside == "old":
            with pytest.raises(
                ConfigError, match="it is a link; move it away, or have `hgen export --force` move it aside"
            ):
                export(name, mixed(validated, 3), tmp_path / name)
        else:
            export(name, mixed(validated, 3), tmp_path / name)
        assert link.readlink() == tmp_path / "elsewhere"
        assert contents(tmp_path / "elsewhere") == before


def test_an_empty_folder_may_be_taken(name, validated, tmp_path):
    (tmp_path / name).mkdir()
    assert export(name, mixed(validated, 3), tmp_path / name).files


def test_an_unknown_format_is_named_with_the_known_ones():
    with pytest.raises(ConfigError, match="unknown format 'hff'; known: hf, jsonl, grader"):
        chosen("hff")


def test_json_lines_hold_the_record_as_it_is(validated, tmp_path):
    tasks = mixed(validated, 9)
    export("jsonl", tasks, tmp_path / "jsonl")
    for family in FAMILIES:
        text = (tmp_path / "jsonl" / f"{family.replace('-', '_')}.jsonl").read_text(encoding="utf-8")
        rows = [json.loads(line) for line in text.split("\n")[:-1]]
        wanted = [task.model_dump(mode="json") for task in tasks if task.task.family == family]
        assert rows == [{**task["task"], "checks": task["checks"], "baselines": task["baselines"]} for task in wanted]


def test_json_lines_survive_readers_that_split_at_other_separators(validated, tmp_path):
    export("jsonl", [validated(1), validated(2)], tmp_path / "jsonl")
    assert len((tmp_path / "jsonl" / "dep_search.jsonl").read_text(encoding="utf-8").splitlines()) == 2


LOAD = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
loaded = [load_dataset(sys.argv[1], name) for name in (None, *get_dataset_config_names(sys.argv[1]))]
print(json.dumps([{split: [dict(row) for row in rows] for split, rows in each.items()} for each in loaded]))
"""


@pytest.mark.parametrize("splits", [("train",), ("train", "test")])
def test_a_folder_of_json_lines_loads_as_a_dataset_with_rows_as_they_are(splits, validated, repaired, tmp_path):
    """More archives than files of rows are in it, and a column has another type, or nothing, in each family."""
    tasks = [
        *mixed(validated, 5),
        repaired.model_copy(update={"task": repaired.task.model_copy(update={"snapshot": snapshot()})}),
    ]
    config = Config(export={"splits": {split: 1 / len(splits) for split in splits}})
    split_of = {task.task.instance_id: splits[number % len(splits)] for number, task in enumerate(tasks)}
    shown = views(tasks, store(), lambda task: split_of[task.instance_id])
    jsonl.write(shown, tmp_path / "jsonl", config)
    for number in range(9):
        (tmp_path / "jsonl" / "snapshots" / f"{number:064x}.zip").write_bytes(b"")
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", LOAD, str(tmp_path / "jsonl")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    unnamed, *loaded = json.loads(done.stdout)
    assert unnamed == loaded[0]
    families = ("dep-search", "func-localize", "verify-repair")
    for family, found in zip(families, loaded, strict=True):
        wanted: dict[str, list[object]] = {}
        for task in tasks:
            if task.task.family == family:
                wanted.setdefault(split_of[task.task.instance_id], []).append(row(task))
        assert found == wanted
    assert len(list(task_set(tmp_path / "jsonl").rows())) == len(tasks)
