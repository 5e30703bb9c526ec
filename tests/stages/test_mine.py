"""Mining: one record and one snapshot for each repository that is wanted, a countable reason for each that is not."""

import functools
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hgen.config import MineConfig
from hgen.errors import NetworkError, Skip
from hgen.records import Reject, Repo, Source
from hgen.snapshots import Store
from hgen.stages.mine import mine

MIT = "Metadata-Version: 2.4\nName: {}\nLicense-Expression: MIT\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "out/snapshots")


@pytest.fixture
def run(store: Store, tmp_path: Path) -> Callable[..., list[Repo | Reject]]:
    def mine_it(spec: str | Path, **settings: object) -> list[Repo | Reject]:
        return list(mine(Source(spec=str(spec)), MineConfig(**settings), store, tmp_path / "cache"))

    return mine_it


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(tmp_path / "project", "project")


def make(folder: Path, name: str) -> Path:
    (folder / "pkg").mkdir(parents=True)
    for module in ("a", "b", "c"):
        (folder / f"pkg/{module}.py").write_text(f"NAME = {module!r}\n", encoding="utf-8")
    (folder / "PKG-INFO").write_text(MIT.format(name), encoding="utf-8")
    return folder


def commit(folder: Path) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    for arguments in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "one")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def daemon(served: Path) -> Iterator[str]:
    """A real git daemon on loopback; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}"]
    with subprocess.Popen([*command, f"--base-path={served}", str(served)], stderr=subprocess.DEVNULL) as process:
        for _ in range(100):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.05)
        try:
            yield f"git://127.0.0.1:{port}/"
        finally:
            process.terminate()


def reason(error: pytest.ExceptionInfo[Skip]) -> str:
    return error.value.reason


def test_a_folder_becomes_one_record_and_one_snapshot(run, store, project):
    (repo,) = run(project)
    assert isinstance(repo, Repo)
    assert (repo.repo, repo.license, repo.source) == ("local:project", "MIT", str(project))
    assert repo.base_commit == repo.snapshot[:12]
    assert (repo.files, repo.python_files, repo.python_lines) == (4, 3, 3)
    with store.open(repo.snapshot) as snapshot:
        assert snapshot["pkg/a.py"] == b"NAME = 'a'\n"


def test_a_git_repository_is_known_by_its_commit(run, project):
    (folder,) = run(project)
    sha = commit(project)
    (repo,) = run(f"{project}@{sha}")
    assert (repo.base_commit, repo.snapshot) == (sha, folder.snapshot)


def test_the_record_does_not_depend_on_where_and_when(run, project, tmp_path):
    (first,) = run(project)
    other = make(tmp_path / "elsewhere/project", "project")
    (other / "pkg/__pycache__").mkdir()
    (other / "pkg/__pycache__/a.pyc").write_bytes(b"x")
    (second,) = run(other)
    assert first.model_copy(update={"source": ""}) == second.model_copy(update={"source": ""})


def test_what_is_installed_needs_no_network(run):
    (repo,) = run("installed:rich")
    assert (repo.repo, repo.license) == ("installed:rich", "MIT")
    assert repo.python_files > 50


def test_an_empty_folder_is_skipped(run, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(Skip) as skip:
        run(tmp_path / "empty")
    assert reason(skip) == "empty-repository"


def test_what_does_not_exist_is_skipped(run, tmp_path):
    with pytest.raises(Skip) as skip:
        run(tmp_path / "nothing")
    assert reason(skip) == "no-such-path"


def test_a_source_that_is_none_is_skipped_when_it_gets_this_far(run):
    with pytest.raises(Skip) as skip:
        run("what is this")
    assert reason(skip) == "bad-row"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"licenses": ("Apache-2.0",)}, "license-not-allowed"),
        ({"min_python_files": 4}, "too-few-python-files"),
        ({"max_files": 3}, "too-big"),
        ({"max_bytes": 20}, "too-big"),
        ({"max_file_bytes": 5}, "too-big"),
    ],
)
def test_filters_have_reasons_and_keep_nothing(run, store, project, settings, expected):
    with pytest.raises(Skip) as skip:
        run(project, **settings)
    assert reason(skip) == expected
    assert not store.root.exists() or not list(store.root.iterdir())


def test_without_a_licence_there_is_no_record(run, project):
    (project / "PKG-INFO").unlink()
    with pytest.raises(Skip) as skip:
        run(project)
    assert reason(skip) == "no-license"


def test_benchmarks_are_refused_unless_asked_for(run, tmp_path):
    flask = make(tmp_path / "my-copy", "Flask")
    with pytest.raises(Skip) as skip:
        run(flask)
    assert reason(skip) == "decontamination"
    assert run(flask, decontaminate=())


def test_a_remote_of_a_benchmark_gives_a_checkout_away(run, project):
    commit(project)
    remote = ["git", "remote", "add", "origin", "git@host.example:Django/django.git"]
    subprocess.run(remote, cwd=project, check=True)
    with pytest.raises(Skip) as skip:
        run(project)
    assert reason(skip) == "decontamination"


def test_a_table_gives_a_record_or_a_reject_for_each_row(run, tmp_path):
    good, bad = make(tmp_path / "host/ann/good.git", "good"), make(tmp_path / "host/ann/bad.git", "bad")
    (bad / "PKG-INFO").unlink()
    shas = {folder.stem: commit(folder) for folder in (good, bad)}
    rows = [("ann/good", shas["good"]), ("ann/bad", shas["bad"]), ("ann/good", "main"), ("ann/none", "a" * 40)]
    table = tmp_path / "rows.jsonl"
    table.write_text(
        "".join(json.dumps({"repo": repo, "base_commit": base}) + "\n" for repo, base in rows), encoding="utf-8"
    )
    with daemon(tmp_path / "host") as host:
        results = run(table, host=host)
    assert [type(result) for result in results] == [Repo, Reject, Reject, Reject]
    assert (results[0].repo, results[0].base_commit) == ("ann/good", shas["good"])
    assert [result.reason for result in results[1:]] == ["no-license", "bad-row", "no-such-repository"]
    assert [result.source for result in results] == [f"{repo}@{base}" for repo, base in rows]


def test_a_network_that_is_down_ends_a_table_without_verdicts(run, tmp_path):
    table = tmp_path / "rows.jsonl"
    table.write_text(json.dumps({"repo": "ann/one", "base_commit": "a" * 40}) + "\n", encoding="utf-8")
    with pytest.raises(NetworkError):
        run(table, host="http://127.0.0.1:1/")


def test_passwords_do_not_get_into_records(run, project, tmp_path):
    commit(project)
    subprocess.run(["git", "clone", "-q", "--bare", str(project), str(tmp_path / "host.git")], check=True)
    subprocess.run(["git", "update-server-info"], cwd=tmp_path / "host.git", check=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        (repo,) = run(f"http://ann:secret@127.0.0.1:{server.server_port}/host.git")
        server.shutdown()
    assert "secret" not in repo.model_dump_json()


def test_the_same_bytes_for_any_hash_seed(project, tmp_path):
    code = (
        "import sys; from pathlib import Path; from hgen.config import MineConfig; from hgen.records import Source\n"
        "from hgen.snapshots import Store; from hgen.stages.mine import mine\n"
        "for spec in sys.argv[2:]:\n"
        "    for r in mine(Source(spec=spec), MineConfig(), Store(Path(sys.argv[1])), Path(sys.argv[1]) / 'cache'):\n"
        "        print(r.model_dump_json())"
    )
    outputs = []
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / seed), str(project), "installed:rich"],
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"}, capture_output=True, check=True,
        )  # fmt: skip
        archives = {path.name: path.read_bytes() for path in (tmp_path / seed).glob("*.zip")}
        outputs.append((done.stdout, archives))
    assert outputs[0] == outputs[1]
    assert outputs[0][0].count(b"\n") == len(outputs[0][1]) == 2


@pytest.mark.network
def test_a_real_package_becomes_a_record(run, store):
    (repo,) = run("pypi:sortedcontainers==2.4.0")
    assert (repo.repo, repo.base_commit, repo.license) == ("pypi:sortedcontainers", "2.4.0", "Apache-2.0")
    with store.open(repo.snapshot) as snapshot:
        assert b"class SortedList" in snapshot["sortedcontainers/sortedlist.py"]


def test_what_a_snapshot_leaves_out_is_counted(run: Callable[..., list[Repo | Reject]], project: Path) -> None:
    (project / "pkg/outside").symlink_to("/etc")
    (project / "pkg/passwd").symlink_to("/etc/passwd")
    (project / "pkg/loop").symlink_to("loop")
    repo, *rejects = run(project)
    assert isinstance(repo, Repo)
    assert [(each.reason, each.detail) for each in rejects if isinstance(each, Reject)] == [
        ("link-absolute", "2 paths left out"),
        ("link-circle", "1 path left out"),
    ]
