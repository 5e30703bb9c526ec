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
from pathlib import Path

import pytest

from hgen.config import Config
from hgen.errors import ConfigError
from hgen.export import hub
from hgen.export.formats import hf, jsonl
from hgen.export.view import views
from tests.export.stored import store

pytestmark = pytest.mark.long

PUSH = """
import sys
from pathlib import Path
from hgen.errors import ConfigError, NetworkError
from hgen.export.hub import push
folder, name, visibility = sys.argv[1:]
try:
    print(push(Path(folder), name, private=visibility == "private", message="Tasks by hgen"))
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
    folder.mkdir()
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


def push(folder, endpoint, tmp_path, name="acme/tasks", visibility="private", **env):
    return run(PUSH, endpoint, tmp_path, str(folder), name, visibility, **env)


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
def test_a_name_that_is_none_is_refused(name, tmp_path):
    with pytest.raises(ConfigError, match=rf"{re.escape(repr(name))} is not the name .* write ORG/NAME"):
        hub.push(tmp_path, name, private=True, message="")


def test_only_an_unchanged_export_is_uploaded(folder, validated, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "good")
    jsonl.write(views([validated(1)], store()), tmp_path / "jsonl", Config(export={"shard_bytes": 1}))
    for other in (tmp_path / "jsonl", tmp_path / "missing"):
        with pytest.raises(ConfigError, match=f"{other} is not an export .*; run `hgen export --format hf` first"):
            hub.push(other, "acme/tasks", private=True, message="")
    (folder / "README.md").write_text("changed")
    with pytest.raises(ConfigError, match=r"README\.md is missing or was changed"):
        hub.push(folder, "acme/tasks", private=True, message="")
