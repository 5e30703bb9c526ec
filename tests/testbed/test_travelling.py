"""The grader that travels judges by tests as the library does, in a container that promises nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hgen.config import SandboxConfig
from hgen.engines import OpenEngine
from hgen.records import Environment
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import AGENT, GRADER, TREE, StartState
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots.snapshot import Snapshot
from hgen.testbed.grading import grade
from tests.scoring.packing import archived, packed, zipped
from tests.testbed import world
from tests.testbed.outside import ANSWER, START, Outside
from tests.testbed.outside import TREE as STATE
from tests.testbed.test_cheats import CHEATS
from tests.testbed.test_grading import ERROR, HONEST, PERCENT, SUM, UNFIT, written
from tests.testbed.world import BODY, LIBRARY, MUTANTS, library, start_files

pytestmark = [pytest.mark.container, pytest.mark.network]

Changes = dict[str, bytes | None]


@pytest.fixture(scope="module")
def outside(testbed: Containers) -> Iterator[Outside]:
    with Outside(testbed) as container:
        yield container


@pytest.fixture
def fresh(testbed: Containers) -> Iterator[Outside]:
    """A container of its own, for a test that changes it."""
    with Outside(testbed) as container:
        yield container


def answer(task: dict[str, Any], snapshot: Snapshot) -> tuple[bytes, bytes]:
    place = str(TREE) if task["environment"]["editable"] else ""
    return packed(task, snapshot, place=place), zipped(snapshot)


def met(family: str, candidate: str | None = None) -> dict[str, bytes]:
    start = start_files(family)
    return start if candidate is None else start | {LIBRARY: library(candidate)}


def after(before: dict[str, bytes], changes: Changes) -> dict[str, bytes]:
    return {path: content for path, content in {**before, **changes}.items() if content is not None}


def parts(row: dict[str, Any]) -> tuple[object, ...]:
    return row["reward"], row["resolved"], row["precision"], row["recall"], row["f1"]


def codes(row: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in row["reasons"]]


ANSWERS: dict[str, tuple[str, Changes, str | None]] = {
    **{f"cheat: {name}": ("func-gen", changes, None) for name, changes in CHEATS.items()},
    **{f"honest: {name}": ("func-gen", {LIBRARY: library(body)}, None) for name, body in HONEST.items()},
    "func-gen, gold": ("func-gen", {LIBRARY: library()}, None),
    "func-gen, nothing": ("func-gen", {}, None),
    "func-gen, wrong": ("func-gen", {LIBRARY: library(MUTANTS[0])}, None),
    "func-gen, no Python": ("func-gen", {LIBRARY: b"def total(:\n"}, None),
    "func-gen, module gone": ("func-gen", {LIBRARY: None}, None),
    "verify-repair, repaired": ("verify-repair", {LIBRARY: library()}, MUTANTS[1]),
    "verify-repair, left": ("verify-repair", {}, MUTANTS[1]),
    "verify-repair, right and left": ("verify-repair", {}, BODY),
    "verify-repair, right and broken": ("verify-repair", {LIBRARY: library(MUTANTS[1])}, BODY),
    "test-gen, all": ("test-gen", written(SUM, PERCENT, ERROR), None),
    "test-gen, some": ("test-gen", written(SUM, PERCENT), None),
    "test-gen, few": ("test-gen", written(ERROR), None),
    "test-gen, nothing": ("test-gen", {}, None),
    **{
        f"test-gen, {name}": ("test-gen", UNFIT[name][0], None)
        for name in (
            "come with other code",
            "come with configuration",
            "delete others",
            "exit",
            "judge the text",
            "ask git",
        )
    },
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_verdict_is_the_librarys_on_a_diff_and_on_a_tree(
    name: str, environment: dict[str, Any], testbed: Containers, snapshot: Snapshot, outside: Outside
) -> None:
    family, changes, candidate = ANSWERS[name]
    task = world.task(family, environment, candidate)
    start = met(family, candidate)
    diff = world.patch(start, changes)
    expected = grade(TestedTask.of(task), diff, snapshot, testbed).row()
    private = answer(task, snapshot)
    judged = outside.grade(private, diff)
    assert judged["code"] == 0, judged
    assert judged["said"] == ""
    assert parts(judged) == parts(expected)
    assert codes(judged) == codes(expected)
    outside.tree(after(start, changes))
    seen = outside.grade(private)
    assert seen["code"] == 0, seen
    assert parts(seen) == parts(expected)
    assert outside.run(["sh", "-c", "ls -d /*/hgen-* /var/lib/hgen-* 2>/dev/null"])[1] == ""


SPY = """
import os, pathlib

def test_nothing_of_the_graders_can_be_seen():
    assert os.getuid() == os.geteuid() not in (0, {agent})
    assert os.getgroups() in ([], [os.getgid()])
    known = {{"PATH", "LANG", "PYTHONDONTWRITEBYTECODE", "GIT_CONFIG_NOSYSTEM", "HOME", "TMPDIR", "PWD",
              "PYTHONHASHSEED", "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "LC_CTYPE"}}
    assert not set(os.environ) - known, set(os.environ) - known
    assert not os.environ["PATH"].startswith("/evil")
    for path in ("{answer}", "/private/snapshot.zip", "/private/answer.diff"):
        try:
            readable = bool(open(path).read())
        except PermissionError:
            readable = False
        assert not readable or path.endswith(".diff")
    graders = 0
    for process in pathlib.Path("/proc").iterdir():
        if process.name.isdigit() and b"grader.py" in (process / "cmdline").read_bytes():
            graders += 1
            for part in ("mem", "environ", "maps", "fd/0", "cwd"):
                try:
                    open(process / part, "rb").close()
                except PermissionError:
                    continue
                raise AssertionError(part)
            try:
                os.kill(int(process.name), 0)
            except PermissionError:
                continue
            raise AssertionError("it can be signalled")
    assert graders
    for fd in os.listdir("/proc/self/fd"):
        try:
            assert "private" not in os.readlink(f"/proc/self/fd/{{fd}}")
        except FileNotFoundError:
            pass
    for folder in ("/opt/venv", "/opt/venv/lib", os.path.dirname(os.getcwd())):
        assert not os.access(folder, os.W_OK)
"""


def test_tests_see_neither_the_answer_nor_the_grader_nor_its_environment(
    environment: dict[str, Any], snapshot: Snapshot, outside: Outside
) -> None:
    task = world.task("test-gen", environment)
    changes = written(SUM, PERCENT, ERROR) | {"tests/test_spy.py": SPY.format(agent=AGENT, answer=ANSWER).encode()}
    outside.put({"/evil/python": b"#!/bin/sh\nexit 7\n", "/evil/git": b"#!/bin/sh\nexit 7\n"}, mode=0o755)
    outside.put({"/evil/sitecustomize.py": b"import os\nos._exit(7)\n", "/evil/pytest.py": b"raise SystemExit(7)\n"})
    env = {
        "PATH": "/evil:/usr/bin:/bin", "HOME": "/evil", "PYTHONPATH": "/evil", "PYTHONHOME": "/evil", "TMPDIR": "/evil",
        "PYTEST_ADDOPTS": "-p evil", "PYTEST_PLUGINS": "evil", "GIT_DIR": "/evil", "SECRET": "answer",
    }  # fmt: skip
    judged = outside.grade(answer(task, snapshot), world.patch(met("test-gen"), changes), env=env, cwd="/evil")
    assert (judged["code"], judged["reward"]) == (0, 1.0), judged


def test_an_answer_file_that_others_could_read_is_closed(
    environment: dict[str, Any], snapshot: Snapshot, outside: Outside
) -> None:
    task = world.task("test-gen", environment)
    changes = written(SUM, PERCENT, ERROR) | {"tests/test_spy.py": SPY.format(agent=AGENT, answer=ANSWER).encode()}
    outside.put(dict(zip((ANSWER, START), answer(task, snapshot), strict=True)), mode=0o644)
    assert outside.grade(None, world.patch(met("test-gen"), changes))["reward"] == 1.0
    assert outside.run(["stat", "-c", "%a", ANSWER, START])[1].split() == ["600", "600"]


# Written tests may not fork by themselves; what starts processes for them does.
DAEMON = """
import multiprocessing, os, time

fork = multiprocessing.get_context("fork")

def first():
    os.setsid()
    fork.Process(target=time.sleep, args=(300,)).start()
    os._exit(0)

def test_it():
    child = fork.Process(target=first)
    child.start()
    child.join()
"""


def test_nothing_of_the_tests_outlives_them(environment: dict[str, Any], snapshot: Snapshot, fresh: Outside) -> None:
    task = world.task("test-gen", environment)
    changes = written(SUM, PERCENT, ERROR) | {"tests/test_daemon.py": DAEMON.encode()}
    for user in (0, GRADER):
        fresh.run(["chmod", "777", "/private"])
        judged = fresh.grade(answer(task, snapshot), world.patch(met("test-gen"), changes), user=user)
        assert (judged["code"], judged["reward"]) == (0, 1.0), judged
        assert fresh.run(["sh", "-c", "stat -c %u /proc/[0-9]* | sort -u"])[1] == "0\n"


HOSTILE = {
    "kill all": """
def test_it():
    import os
    os.kill(-1, 9)
""",
    "go on killing": """
import multiprocessing, os

def kill():
    os.setsid()
    while True:
        for name in os.listdir("/proc"):
            if name.isdigit() and int(name) != os.getpid():
                try:
                    os.kill(int(name), 9)
                except OSError:
                    pass

def test_it():
    for _ in range(20):
        multiprocessing.get_context("fork").Process(target=kill).start()
""",
    "become many": """
import multiprocessing, os, time

def stay():
    os.setsid()
    time.sleep(600)

def test_it():
    for number in range(500):
        multiprocessing.get_context("fork").Process(target=stay).start()
""",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_grader_is_ended_by_tests_that(
    name: str, environment: dict[str, Any], snapshot: Snapshot, fresh: Outside
) -> None:
    task = world.task("test-gen", environment)
    diff = world.patch(met("test-gen"), written(SUM, PERCENT, ERROR) | {"tests/test_it.py": HOSTILE[name].encode()})
    judged = fresh.grade(answer(task, snapshot), diff)
    assert judged["code"] == 0, judged
    # Many may be too many for the container, or not.
    assert name == "become many" or codes(judged) == ["ended-early"]
    assert fresh.run(["sh", "-c", "stat -c %u /proc/[0-9]* | sort -u"])[1] == "0\n"
    assert fresh.run(["sh", "-c", "ls -d /*/hgen-* 2>/dev/null"])[1] == ""


def test_what_is_planted_above_the_tree_is_not_looked_at(
    environment: dict[str, Any], snapshot: Snapshot, fresh: Outside, tmp_path: Path
) -> None:
    """As a user who can only use ``/tmp``, where the agent can, too."""
    bare = {path: content for path, content in snapshot.items() if path != "pyproject.toml"}
    task = world.task("func-gen", environment)
    with archived(tmp_path, bare) as without:
        private = answer(task, without)
    fresh.put({"/tmp/pytest.ini": b"[pytest]\naddopts = -k rounded\n", "/tmp/conftest.py": b"raise SystemExit\n"})
    fresh.run(["chmod", "777", "/private"])
    judged = fresh.grade(private, task["patch"], user=GRADER)
    assert (judged["code"], judged["reward"]) == (0, 1.0), judged


def test_as_a_user_like_any_other_it_still_judges_and_says_what_is_not_sure(
    environment: dict[str, Any], snapshot: Snapshot, fresh: Outside
) -> None:
    fresh.run(["chmod", "777", "/private"])
    task = world.task("func-gen", environment)
    judged = fresh.grade(answer(task, snapshot), task["patch"], user=GRADER)
    assert (judged["code"], judged["reward"]) == (0, 1.0), judged
    assert judged["said"].count("\n") == 1
    assert "may not change users" in judged["said"]
    peeking = f"    open({ANSWER!r}).read()\n" + BODY
    diff = world.patch(met("func-gen"), {LIBRARY: library(peeking)})
    assert codes(fresh.grade(answer(task, snapshot), diff, user=GRADER)) == ["tests-read"]
    peeking = (
        "    for process in filter(str.isdigit, os.listdir('/proc')):\n"
        "        open(f'/proc/{process}/stat').read()\n" + BODY
    )
    diff = world.patch(met("func-gen"), {LIBRARY: library(peeking)})
    assert codes(fresh.grade(answer(task, snapshot), diff, user=GRADER)) == ["tests-read"]


def test_an_environment_that_the_agent_could_write_to_gives_no_verdict(
    environment: dict[str, Any], snapshot: Snapshot, fresh: Outside
) -> None:
    task = world.task("func-gen", environment)
    private = answer(task, snapshot)
    fresh.tree(after(met("func-gen"), {LIBRARY: library()}))
    assert fresh.grade(private)["reward"] == 1.0
    fresh.run(["sh", "-c", f"chown {AGENT} /opt/venv/lib/python3*/site-packages/pytest/__init__.py"])
    refused = fresh.grade(private)
    assert refused["code"] == 3
    assert "site-packages/pytest/__init__.py can be written" in refused["said"]
    assert fresh.grade(private, task["patch"])["reward"] == 1.0
    fresh.run(["sh", "-c", "chmod o+w /opt/venv/lib/python3*/site-packages"])
    assert fresh.grade(private, task["patch"])["code"] == 3
    fresh.run(["sh", "-c", "chmod o-w /opt/venv/lib/python3*/site-packages; chown -R 0 /sandbox/repo /opt/venv"])
    refused = fresh.grade(private)
    assert refused["code"] == 3
    assert "belongs to root" in refused["said"]


def test_another_environment_gives_no_verdict(
    environment: dict[str, Any], snapshot: Snapshot, outside: Outside
) -> None:
    task = world.task("func-gen", environment)
    for other in ({"python": "3.4"}, {"wheels": [*environment["wheels"], {"name": "attrs-0.1-py3-none-any.whl"}]}):
        row = {**task, "environment": {**environment, **other}}
        assert outside.grade(answer(row, snapshot), task["patch"])["code"] == 3
    refused = outside.grade(answer(task, snapshot), task["patch"], "--python", "/usr/bin/env")
    assert refused["code"] == 3
    assert "no verdict" not in refused["said"]


@pytest.fixture(scope="module")
def installed(engine: OpenEngine, environment: dict[str, Any]) -> dict[str, Any]:
    """An environment in which the repository is installed, in editable form."""
    wheels = engine.house.choose(["pytest", "setuptools"])
    return environment | {"editable": True, "wheels": [wheel.model_dump(mode="json") for wheel in wheels]}


@pytest.fixture(scope="module")
def where_installed(kept: Path, installed: dict[str, Any]) -> Iterator[Containers]:
    # An engine of its own, because one has sandboxes of one environment at a time.
    with OpenEngine(SandboxConfig(base_image=world.BASE), cache=kept / "cache", store=kept / "store") as engine:
        yield engine.sandboxes(Environment.model_validate(installed), base_commit="1.0", name="world")


def seen(container: Outside) -> str:
    """Everything about the agent's tree, as it lies there."""
    code, listing, said = container.run(["find", "/sandbox", "-mindepth", "1", "-printf", "%p %u %m %T@ %l\n"])
    assert code == 0, said
    return "\n".join(sorted(listing.split("\n")))


BY_ANOTHER = """
def test_by_another():
    import multiprocessing
    with multiprocessing.get_context("spawn").Pool(1) as others:
        assert others.apply(total, ([1, 2.5],)) == 3.5
"""


def test_where_the_repository_is_installed_the_tree_makes_room_and_comes_back(
    where_installed: Containers, installed: dict[str, Any], snapshot: Snapshot
) -> None:
    task = world.task("test-gen", installed)
    private = answer(task, snapshot)
    changes = written(SUM, PERCENT, ERROR, BY_ANOTHER)
    diff = world.patch(met("test-gen"), changes)
    score = grade(TestedTask.of(task), diff, snapshot, where_installed)
    assert (score.reward, score.resolved, score.more) == (1.0, True, {"mutants": 1.0})
    assert [bool(tests) for tests in score.noticed or ()] == [True] * len(task["mutants"])
    with Outside(where_installed) as fresh:
        assert fresh.grade(private, diff)["reward"] == 1.0
        assert seen(fresh) == ""
        fresh.tree(after(met("test-gen"), changes))
        before = seen(fresh)
        judged = fresh.grade(private)
        assert (judged["code"], judged["reward"]) == (0, 1.0), judged
        assert seen(fresh) == before
        fresh.put(dict(zip((ANSWER, START), private, strict=True)), owner=GRADER)
        refused = fresh.grade(None, diff, user=GRADER)
        assert refused["code"] == 3
        assert "/sandbox/repo, which must be free" in refused["said"]
        assert seen(fresh) == before
        # A folder of an image cannot be renamed.
        with fresh.kept() as image, Outside(where_installed, image) as baked:
            before = seen(baked)
            assert baked.run(["mv", "-T", "/sandbox/repo/shop", "/sandbox/repo/shop"])[0] != 0
            judged = baked.grade(private)
            assert (judged["code"], judged["reward"]) == (0, 1.0), judged
            assert seen(baked) == before


def test_what_an_installation_would_import_from_the_agents_tree_is_not_there(
    where_installed: Containers, installed: dict[str, Any], snapshot: Snapshot
) -> None:
    task = world.task("func-gen", installed)
    planted = {"hooks.py": b"import os\nos._exit(7)\n", "sitecustomize.py": b"import hooks\n"}
    with Outside(where_installed) as fresh:
        # As installing in editable form leaves it, of repositories with a folder ``src`` or with hooks of their own.
        lines = "printf '/sandbox/repo\\nimport hooks\\n'"
        fresh.run(["sh", "-c", f"{lines} > $(echo /opt/venv/lib/python3*/site-packages)/path.pth"])
        fresh.tree(after(met("func-gen"), {LIBRARY: library(), **planted}))
        assert fresh.run(["/opt/venv/bin/python", "-c", "pass"])[0] == 7
        judged = fresh.grade(answer(task, snapshot))
        assert (judged["code"], judged["reward"]) == (0, 1.0), judged


@pytest.mark.parametrize("family", ["func-gen", "verify-repair", "test-gen"])
def test_a_pristine_copy_of_the_start_state_serves_as_well_as_the_archive(
    family: str, environment: dict[str, Any], snapshot: Snapshot, fresh: Outside
) -> None:
    candidate = MUTANTS[1] if family == "verify-repair" else None
    task = world.task(family, environment, candidate)
    start = met(family, candidate)
    right = written(SUM, PERCENT, ERROR) if family == "test-gen" else {LIBRARY: library()}
    fresh.tree({**start, **{path: text.encode() for path, text in environment["generated"].items()}})
    private = answer(task, snapshot)
    for changes, reward in ((right, 1.0), ({}, 0.0)):
        judged = fresh.grade(private, world.patch(start, changes), start=STATE)
        assert (judged["code"], judged["reward"]) == (0, reward), judged
    # The agent's tree, carried over as an archive.
    agent = StartState(after(start, right)).archive
    fresh.put({"/private/agent.tar": agent})
    fresh.run(["sh", "-c", "mkdir /private/agent && tar -xf /private/agent.tar -C /private/agent"])
    fresh.run(["tar", "-cf", "/private/tree.tar", "--exclude=./.git", "-C", "/private/agent/repo", "."])
    judged = fresh.grade(private, None, start=STATE, tree="/private/tree.tar")
    assert (judged["code"], judged["reward"]) == (0, 1.0), judged
    fresh.run(["sh", "-c", f"echo >> {STATE}/{LIBRARY}"])
    judged = fresh.grade(private, world.patch(start, right), start=STATE)
    assert judged["code"] == 3
    assert "does not hold the start state" in judged["said"]
