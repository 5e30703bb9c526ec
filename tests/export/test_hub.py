"""Uploads, to a stand-in hub on loopback: what arrives, and what is said when something is wrong."""

import json
import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

import pytest

from hgen.config import Config
from hgen.errors import ConfigError
from hgen.export import hub
from hgen.export.folders import MANIFEST
from hgen.export.formats import hf, jsonl
from hgen.export.view import views
from hgen.records import Check
from hgen.shards import file_digest
from tests.command import hgen
from tests.export.stored import store

pytestmark = pytest.mark.long

PUSH = """
import sys
from pathlib import Path
from hgen.errors import ConfigError, NetworkError
from hgen.export.hub import Destination, push
folder, name, visibility, kind, most, *force = sys.argv[1:]
to = Destination(kind, name)
try:
    asked = {"private": visibility == "private", "force": bool(force), "most_files": int(most)}
    print(push(Path(folder), to, message="Tasks by hgen", **asked))
except (ConfigError, NetworkError) as error:
    print(f"{type(error).__name__}: {error}")
"""

LOAD = """
import json, sys
from datasets import load_dataset
print(json.dumps([row["instance_id"] for row in load_dataset(*sys.argv[1:], split="train")]))
"""


@contextmanager
def served(folder: Path, *refused: str) -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("hub.py")), str(folder), *refused]
    folder.mkdir(exist_ok=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., str]]:
    """Starts a stand-in that keeps its repositories in ``tmp_path / "hub"``; gives its address."""
    with ExitStack() as stack:
        yield lambda *refused: stack.enter_context(served(tmp_path / "hub", *refused))


@pytest.fixture
def folder(validated, tmp_path) -> Path:
    tasks = [validated(number, ("dep-search", "func-localize")[number % 2]) for number in range(9)]
    hf.write(views(tasks, store()), tmp_path / "hf", Config(export={"shard_bytes": 10_000_000}))
    return tmp_path / "hf"


def run(script: str, endpoint: str, tmp_path: Path, *arguments: str, **env: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    own = {"HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": "good"}
    own |= {"HF_DATASETS_CACHE": str(tmp_path / "datasets"), "no_proxy": "127.0.0.1"}
    # Nothing but the stand-in can be reached.
    own |= {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, env={**kept, **own, **env}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "hf_secret" not in done.stdout + done.stderr
    return done.stdout.strip()


def push(folder, endpoint, tmp_path, *force, name="acme/tasks", visibility="private", kind="hf", most=99, **env):
    return run(PUSH, endpoint, tmp_path, str(folder), name, visibility, kind, str(most), *force, **env)


def made_by_hand(tmp_path: Path, visibility: str, **files: str) -> Path:
    """A repository that is there; the names of its files may have ``/``."""
    there = tmp_path / "hub" / "acme" / "tasks"
    there.mkdir(parents=True)
    (tmp_path / "hub" / "acme" / "tasks.json").write_text(json.dumps({"visibility": visibility}))
    for path, text in files.items():
        (there / path).parent.mkdir(exist_ok=True)
        (there / path).write_text(text)
    return there


def called(tmp_path: Path, name: str) -> int:
    """How often a call was made."""
    return sum(json.loads(line)[0] == name for line in (tmp_path / "hub" / "requests.jsonl").read_text().splitlines())


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_exactly_the_exported_bytes_arrive(start, folder, tmp_path):
    endpoint = start()
    assert push(folder, endpoint, tmp_path) == f"{endpoint}/datasets/acme/tasks"
    assert contents(tmp_path / "hub" / "acme" / "tasks") == contents(folder)


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_a_new_repository_is_as_visible_as_asked(visibility, start, folder, tmp_path):
    push(folder, start(), tmp_path, visibility=visibility)
    asked = json.loads((tmp_path / "hub" / "acme" / "tasks.json").read_text())
    assert asked["type"] == "dataset"
    assert asked.get("visibility", "private" if asked.get("private") else "public") == visibility


def test_a_second_upload_leaves_no_shard_of_the_first_and_no_foreign_file_out(start, validated, tmp_path):
    endpoint = start()
    many = [validated(number, patch=random.Random(number).randbytes(20_000).hex()) for number in range(9)]
    hf.write(views(many, store()), tmp_path / "hf", Config(export={"shard_bytes": 200_000}))
    push(tmp_path / "hf", endpoint, tmp_path)
    there = tmp_path / "hub" / "acme" / "tasks"
    assert len(list((there / "dep_search").iterdir())) > 1
    by_hand = {"LICENSE": b"by hand", "data/train-00000-of-00001.parquet": b"of another dataset"}
    for path, content in by_hand.items():
        (there / path).parent.mkdir(exist_ok=True)
        (there / path).write_bytes(content)
    hf.write(views(many[:2], store()), tmp_path / "hf", Config(export={"shard_bytes": 10_000_000}))
    push(tmp_path / "hf", endpoint, tmp_path)
    assert contents(there) == contents(tmp_path / "hf") | by_hand


def test_what_was_pushed_loads_from_the_hub(start, folder, tmp_path):
    endpoint = start()
    push(folder, endpoint, tmp_path)
    names = json.loads(run(LOAD, endpoint, tmp_path, "acme/tasks", "func_localize"))
    assert names == [f"func-localize-{number:06d}" for number in (1, 3, 5, 7)]


def test_the_login_of_the_hubs_own_client_is_used(start, folder, tmp_path):
    endpoint = start()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "token").write_text("good")
    assert push(folder, endpoint, tmp_path, HF_TOKEN="") == f"{endpoint}/datasets/acme/tasks"


def test_without_a_token_nothing_is_asked(start, folder, tmp_path):
    endpoint = start()
    said = push(folder, endpoint, tmp_path, HF_TOKEN="")
    assert said == "ConfigError: no Hugging Face token: run `hf auth login` or set HF_TOKEN"
    assert not (tmp_path / "hub" / "requests.jsonl").exists()


@pytest.mark.parametrize(
    ("token", "says"), [("hf_secret", "does not know your token"), ("reader", "your token may not write to acme/tasks")]
)
def test_a_refused_token_is_the_users_to_mend(token, says, start, folder, tmp_path):
    said = push(folder, start(), tmp_path, HF_TOKEN=token)
    assert said.startswith("ConfigError: ")
    assert says in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        ("create=418", "ConfigError: {} does not take this dataset: status 418 (the stand-in refuses to create)"),
        ("create=400", "ConfigError: {} does not take this dataset: status 400 (the stand-in refuses to create)"),
        ("commit=403", "ConfigError: your token may not write to acme/tasks on {}"),
        ("commit=412", "NetworkError: acme/tasks was changed by someone else during the upload"),
        ("commit=500", "NetworkError: {} failed: status 500"),
        ("put=403", "NetworkError: the upload to {} broke off: "),
    ],
)
def test_what_the_hub_refuses_is_said_in_one_line(refused, says, start, folder, tmp_path):
    endpoint = start(refused)
    said = push(folder, endpoint, tmp_path)
    assert said.startswith(says.format(endpoint))
    assert "\n" not in said


def test_an_unreachable_hub_is_a_network_error(folder, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
    said = push(folder, endpoint, tmp_path)
    assert said.startswith(f"NetworkError: cannot reach {endpoint}: ")


def test_offline_mode_is_named(folder, tmp_path):
    said = push(folder, "http://127.0.0.1:9", tmp_path, HF_HUB_OFFLINE="1")
    assert said.startswith("NetworkError: HF_HUB_OFFLINE is set")


@pytest.mark.parametrize("name", ["tasks", "a/b/c", "acme/", "/tasks", "acme/ta sks", "acme/-x", "acme/a--b", "../x"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ConfigError, match=rf"{re.escape(repr(name))} is not the name .* write ORG/NAME"):
        hub.destinations([name], ())


@pytest.mark.parametrize(
    ("pushes", "formats", "found"),
    [
        (["acme/tasks"], [], [("hf", "acme/tasks")]),
        (["acme/tasks"], ["jsonl", "hf"], [("hf", "acme/tasks")]),
        (["acme/tasks"], ["harbor"], [("harbor", "acme/tasks")]),
        (["acme/tasks", "harbor=acme/tasks-harbor"], [], [("hf", "acme/tasks"), ("harbor", "acme/tasks-harbor")]),
    ],
)
def test_each_format_goes_to_a_repository_of_its_own(pushes, formats, found):
    assert [(each.format, each.name) for each in hub.destinations(pushes, formats)] == found


def test_two_formats_in_one_repository_are_refused_before_anything_is_sent(start, folder, validated, tmp_path):
    with pytest.raises(ConfigError, match="two exports cannot be in one repository, acme/tasks"):
        hub.destinations(["acme/tasks", "jsonl=Acme/tasks"], ())
    endpoint = start()
    push(folder, endpoint, tmp_path)
    before = contents(tmp_path / "hub" / "acme" / "tasks")
    jsonl.write(views([validated(1)], store()), tmp_path / "jsonl", Config())
    said = push(tmp_path / "jsonl", endpoint, tmp_path, kind="jsonl")
    assert said == (
        "ConfigError: acme/tasks on the hub holds an export in the format hf, and one repository cannot hold two; "
        "give another one, as jsonl=ORG/NAME"
    )
    assert contents(tmp_path / "hub" / "acme" / "tasks") == before
    assert push(tmp_path / "jsonl", endpoint, tmp_path, name="acme/lines", kind="jsonl").startswith(endpoint)
    assert contents(tmp_path / "hub" / "acme" / "lines") == contents(tmp_path / "jsonl")


def test_what_is_there_already_is_not_sent_again(start, folder, tmp_path):
    endpoint = start()
    push(folder, endpoint, tmp_path)
    commits, puts = called(tmp_path, "commit"), called(tmp_path, "put")
    assert (commits, puts) == (1, 3)
    push(folder, endpoint, tmp_path)
    assert (called(tmp_path, "commit"), called(tmp_path, "put")) == (commits, puts)
    (tmp_path / "hub" / "acme" / "tasks" / "README.md").write_text("changed there")
    push(folder, endpoint, tmp_path)
    assert (called(tmp_path, "commit"), called(tmp_path, "put")) == (commits + 1, puts)
    assert contents(tmp_path / "hub" / "acme" / "tasks") == contents(folder)


def test_many_files_come_in_several_commits_and_readers_see_them_last(start, folder, tmp_path):
    endpoint = start("commit=500")
    snapshots = [f"snapshots/{number:064x}.zip" for number in range(5)]
    for path in snapshots:
        (folder / path).write_bytes(path.encode())
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"] |= {path: file_digest(folder / path) for path in snapshots}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert push(folder, endpoint, tmp_path, most=2).startswith("NetworkError")
    assert contents(tmp_path / "hub" / "acme" / "tasks") == {}
    sent = called(tmp_path, "put")
    with served(tmp_path / "hub") as again:
        assert push(folder, again, tmp_path, most=2) == f"{again}/datasets/acme/tasks"
    assert contents(tmp_path / "hub" / "acme" / "tasks") == contents(folder)
    # Each was sent once, the failed time included.
    assert called(tmp_path, "put") == 8
    assert 0 < sent < 8
    assert called(tmp_path, "commit") == 1 + 4


@pytest.mark.parametrize(
    ("call", "how"),
    [
        ("create", "html"),
        ("info", "json"),
        ("tree", "cut"),
        ("preupload", "json"),
        ("batch", "json"),
        ("put", "cut"),
        ("commit", "500"),
        ("commit", "html"),
    ],
)
def test_a_hub_that_answers_wrongly_is_a_line_and_the_same_again_completes_it(call, how, start, folder, tmp_path):
    endpoint = start(f"{call}={how}")
    said = push(folder, endpoint, tmp_path)
    assert said.startswith("NetworkError: ")
    assert "\n" not in said
    assert "push again" in said
    with served(tmp_path / "hub") as again:
        assert push(folder, again, tmp_path) == f"{again}/datasets/acme/tasks"
    assert contents(tmp_path / "hub" / "acme" / "tasks") == contents(folder)


def test_the_token_is_in_no_message_even_if_the_hub_repeats_it(start, folder, tmp_path):
    endpoint = start("commit=echo")
    assert push(folder, endpoint, tmp_path).endswith("status 400 (bad header: Authorization: Bearer ***)")


PLAN = """
import json, sys
from pathlib import Path
from hgen.errors import ConfigError, NetworkError
from hgen.export.hub import Destination, plan
private = sys.argv[2:] != ["public"]
try:
    print(json.dumps(plan(Path(sys.argv[1]), Destination("hf", "acme/tasks"), private=private).row()))
except (ConfigError, NetworkError) as error:
    print(json.dumps(f"{type(error).__name__}: {error}"))
"""


@pytest.mark.parametrize("foreign", ["README.md", "hf/notes.txt", "dep_search/mine.csv"])
def test_a_repository_with_files_and_no_export_is_written_to_by_force_only(foreign, start, folder, tmp_path):
    endpoint = start()
    there = made_by_hand(tmp_path, "private", **{foreign: "years of work", ".gitattributes": ""})
    before = contents(there)
    refusal = f"ConfigError: acme/tasks on the hub holds files that no export wrote, such as {foreign}, "
    assert push(folder, endpoint, tmp_path).startswith(refusal)
    assert json.loads(run(PLAN, endpoint, tmp_path, str(folder))).startswith(refusal)
    assert contents(there) == before
    push(folder, endpoint, tmp_path, "force")
    assert contents(folder).items() <= contents(there).items()


def test_a_repository_as_the_hub_makes_it_is_written_to(start, folder, tmp_path):
    endpoint = start()
    there = made_by_hand(tmp_path, "private", **{"README.md": "---\nlicense: mit\n---\n", ".gitattributes": ""})
    push(folder, endpoint, tmp_path)
    assert contents(there) == {**contents(folder), ".gitattributes": b""}


def test_a_public_repository_is_written_to_only_if_public_was_asked_for(start, folder, tmp_path):
    endpoint = start()
    there = made_by_hand(tmp_path, "public")
    for said in (push(folder, endpoint, tmp_path), json.loads(run(PLAN, endpoint, tmp_path, str(folder)))):
        assert said.startswith("ConfigError: acme/tasks on the hub is public, ")
    assert contents(there) == {}
    push(folder, endpoint, tmp_path, visibility="public")
    assert contents(there) == contents(folder)


@pytest.mark.parametrize("token", ["good", ""])
def test_a_plan_says_what_would_be_sent_and_deleted_and_changes_nothing(token, start, folder, validated, tmp_path):
    endpoint = start()
    new = json.loads(run(PLAN, endpoint, tmp_path, str(folder), HF_TOKEN=token))
    sizes = {path: len(content) for path, content in contents(folder).items()}
    assert (new["new"], new["token"], new["send"], new["delete"]) == (True, bool(token), sizes, [])
    assert not (tmp_path / "hub" / "acme").exists()
    push(folder, endpoint, tmp_path, visibility="public")
    before = contents(tmp_path / "hub")
    hf.write(views([validated(2)], store()), folder, Config())
    changed = json.loads(run(PLAN, endpoint, tmp_path, str(folder), "public", HF_TOKEN=token))
    assert (changed["new"], changed["private"]) == (False, False)
    assert set(changed["send"]) == {MANIFEST, "README.md", "dep_search/train-00000-of-00001.parquet"}
    assert [PurePosixPath(path).parts[0] for path in changed["same"]] == ["snapshots"]
    assert changed["delete"] == ["func_localize/train-00000-of-00001.parquet"]
    requests = Path(tmp_path / "hub" / "requests.jsonl")
    assert {path: content for path, content in contents(tmp_path / "hub").items() if path != requests.name} == {
        path: content for path, content in before.items() if path != requests.name
    }


def test_only_an_unchanged_export_is_uploaded(folder, validated, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "good")
    to = hub.Destination("hf", "acme/tasks")
    jsonl.write(views([validated(1)], store()), tmp_path / "jsonl", Config(export={"shard_bytes": 1}))
    for other in (tmp_path / "jsonl", tmp_path / "missing"):
        with pytest.raises(ConfigError, match=f"{other} is not an export .*; run `hgen export --format hf` first"):
            hub.push(other, to, private=True, message="")
    (folder / "README.md").write_text("changed")
    with pytest.raises(ConfigError, match=r"README\.md is missing or was changed"):
        hub.push(folder, to, private=True, message="")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"license": ""}, "tasks under no licence that is known (1): dep-search-000003 (no licence)"),
        ({"license": "NOASSERTION"}, "dep-search-000003 (NOASSERTION)"),
        ({"license": "MIT AND LicenseRef-scancode-unknown"}, "(MIT AND LicenseRef-scancode-unknown)"),
        ({"checks": ()}, "tasks not proven sound (1): dep-search-000003"),
        (
            {"checks": (Check(name="gold", passed=False, evidence="0.5"),)},
            "tasks not proven sound (1): dep-search-000003",
        ),
    ],
)
def test_what_is_not_proven_or_under_no_known_licence_is_not_pushed(changes, says, validated, finish, tmp_path):
    bad = validated(3, **{key: value for key, value in changes.items() if key == "license"})
    bad = bad.model_copy(update={key: value for key, value in changes.items() if key == "checks"})
    finish(tmp_path / "out", "validate", 0, [validated(1), bad])
    (tmp_path / "out" / ".hgen").touch()
    done = hgen("export", "-o", tmp_path / "out", "--hf-push", "acme/tasks", "--dry-run")
    assert done.returncode == 2
    assert done.stderr.startswith("hgen: nothing is pushed: ")
    assert says in done.stderr
    assert not (tmp_path / "out" / "export").exists()


def test_the_command_plans_and_pushes_each_format(start, validated, finish, tmp_path, monkeypatch):
    out, endpoint = tmp_path / "out", start()
    finish(out, "validate", 0, [validated(1), validated(3)])
    (out / "snapshots").symlink_to(store())
    (out / ".hgen").touch()
    env = {"HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": ""}
    for key, value in {**env, "no_proxy": "127.0.0.1"}.items():
        monkeypatch.setenv(key, value)
    push = ["export", "-o", out, "--hf-push", "acme/tasks", "--hf-push", "jsonl=acme/lines"]
    dry = hgen(*push, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "would push hf to acme/tasks" in dry.stdout
    assert "would push jsonl to acme/lines" in dry.stdout
    assert "There is no token, which a push needs" in dry.stdout
    refused = hgen(*push)
    assert (refused.returncode, "no Hugging Face token" in refused.stderr) == (2, True)
    monkeypatch.setenv("HF_TOKEN", "good")
    done = hgen(*push)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [f"{endpoint}/datasets/acme/tasks", f"{endpoint}/datasets/acme/lines"]
    for name, folder in (("tasks", "hf"), ("lines", "jsonl")):
        assert contents(tmp_path / "hub" / "acme" / name) == contents(out / "export" / folder)
    alone = hgen("export", "-o", out, "--dry-run")
    assert (alone.returncode, "say where to, as in --hf-push ORG/NAME" in alone.stderr) == (2, True)
