"""Repositories on servers: a real git daemon and a real web server on loopback stand in for the hosts of the world."""

import functools
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hgen.errors import MachineError, NetworkError, Skip
from hgen.sources import Origin, Settings, fetch
from hgen.sources.mirror import GitUrl, Hosted, name_of
from hgen.sources.spec import parse_spec


@pytest.fixture
def served(repository: Path, git: Callable[..., str], tmp_path: Path) -> Path:
    (tmp_path / "served/ann").mkdir(parents=True)
    git(tmp_path, "clone", "-q", "--bare", str(repository), "served/ann/project.git")
    git(tmp_path / "served/ann/project.git", "update-server-info")
    return tmp_path / "served"


@pytest.fixture
def daemon(served: Path) -> Iterator[str]:
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
        yield f"git://127.0.0.1:{port}/ann/project.git"
        process.terminate()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def plain_web_server(served: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def take(settings: Settings, tmp_path: Path) -> Callable[..., Origin]:
    def run(url: str, revision: str | None = None) -> Origin:
        into = tmp_path / f"work{len(list(tmp_path.iterdir()))}"
        return fetch(GitUrl(url, revision), into, settings)

    return run


def version(origin: Origin) -> str:
    return (origin.tree / "module.py").read_text(encoding="utf-8").strip().removeprefix("VERSION = ")


def mirror(settings: Settings) -> Path:
    (folder,) = (settings.cache / "git").glob("*.git")
    return folder


@pytest.mark.parametrize(
    ("revision", "expected"),
    [(None, "2"), ("HEAD", "2"), ("main", "2"), ("v1", "1"), ("side/branch", "'side'"), ("refs/tags/v1", "1")],
)
def test_names_of_revisions(take, daemon, repository, git, revision, expected):
    origin = take(daemon, revision)
    assert version(origin) == expected
    assert origin.base_commit == git(repository, "rev-parse", f"{revision or 'HEAD'}^{{commit}}")


def test_an_exact_commit_comes_alone(take, daemon, repository, git, settings):
    sha = git(repository, "rev-parse", "main")
    assert version(take(daemon, sha)) == "2"
    assert git(mirror(settings), "rev-list", "--count", sha) == "1"


def test_a_short_hash_is_found(take, daemon, repository, git):
    sha = git(repository, "rev-parse", "v1^{commit}")
    assert take(daemon, sha[:9]).base_commit == sha


def test_a_commit_that_the_mirror_has_needs_no_server(take, daemon, repository, git, served):
    sha = take(daemon, "v1").base_commit
    shutil.rmtree(served)
    assert version(take(daemon, sha)) == "1"


def test_later_commits_come_into_the_same_mirror(take, daemon, repository, git, served, settings):
    take(daemon)
    (repository / "module.py").write_text("VERSION = 3\n", encoding="utf-8")
    git(repository, "commit", "-qam", "three")
    git(repository, "push", "-q", str(served / "ann/project.git"), "main")
    assert version(take(daemon)) == "3"
    mirror(settings)


@pytest.mark.parametrize("revision", ["nope", "0" * 40, "abcdef1", "-x", "main:module.py"])
def test_a_revision_that_does_not_exist_is_skipped_and_named(take, daemon, revision):
    with pytest.raises(Skip) as skip:
        take(daemon, revision)
    assert skip.value.reason == "no-such-revision"
    assert revision in skip.value.detail


def test_a_repository_that_does_not_exist_is_skipped(take, daemon, plain_web_server):
    for url in (daemon.replace("project", "nothing"), f"{plain_web_server}ann/nothing.git"):
        with pytest.raises(Skip) as skip:
            take(url)
        assert skip.value.reason == "no-such-repository"


def test_a_repository_without_commits_is_skipped(take, daemon, served, git):
    git(served, "init", "-q", "--bare", "ann/empty.git")
    with pytest.raises(Skip) as skip:
        take(daemon.replace("project", "empty"))
    assert skip.value.reason == "empty-repository"


def test_a_server_that_cannot_give_one_commit_alone_gives_all(take, plain_web_server, repository, git, settings):
    sha = git(repository, "rev-parse", "v1^{commit}")
    assert version(take(f"{plain_web_server}ann/project.git", sha)) == "1"
    assert git(mirror(settings), "rev-list", "--count", "--all") == "3"


def test_owner_and_name_are_looked_up_on_the_configured_host(plain_web_server, settings, tmp_path):
    there = Settings(**{**vars(settings), "host": plain_web_server})
    origin = fetch(Hosted("ann/project", "v1"), tmp_path / "work", there)
    assert (origin.repo, version(origin)) == ("ann/project", "1")


@pytest.mark.parametrize("url", ["git://127.0.0.1:1/x.git", "http://127.0.0.1:1/x.git", "https://host.invalid/x.git"])
def test_a_network_that_is_down_gives_no_verdict(take, url):
    with pytest.raises(NetworkError, match=url.split("/")[2].partition(":")[0]):
        take(url)


def test_a_server_that_says_nothing_gives_no_verdict(settings, tmp_path):
    hasty = Settings(**{**vars(settings), "timeout": 1.0})
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"git://127.0.0.1:{listener.getsockname()[1]}/x.git"
        with pytest.raises(NetworkError, match="not done in 1 seconds"):
            fetch(GitUrl(url, None), tmp_path / "work", hasty)


def test_less_than_a_second_of_silence_is_not_for_ever(settings, tmp_path):
    hasty = Settings(**{**vars(settings), "silence": 0.5, "timeout": 30.0})
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.git"
        with pytest.raises(NetworkError, match="too slow"):
            fetch(GitUrl(url, None), tmp_path / "work", hasty)


def test_passwords_in_urls_are_not_repeated(take):
    for scheme in ("http", "git"):
        with pytest.raises(NetworkError) as error:
            take(f"{scheme}://ann:secret@127.0.0.1:1/x.git")
        assert "secret" not in str(error.value)


def test_a_configuration_of_the_user_cannot_bring_hooks_or_other_transports(
    take, daemon, tmp_path, monkeypatch, settings
):
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho >> {tmp_path}/sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    (tmp_path / "hooks").mkdir()
    for hook in ("reference-transaction", "post-checkout", "pre-auto-gc"):
        shutil.copy(trap, tmp_path / "hooks" / hook)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.gitconfig").write_text(
        f"[core]\n\thooksPath = {tmp_path}/hooks\n\tfsmonitor = {trap}\n[init]\n\ttemplateDir = {tmp_path}\n"
        f'[protocol]\n\tallow = always\n[url "ext::{trap} "]\n\tinsteadOf = http://rewritten.invalid/\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path))
    take(daemon)
    with pytest.raises((NetworkError, Skip), match="ext"):
        take("http://rewritten.invalid/x.git")
    assert not (tmp_path / "sprung").exists()
    assert not (mirror_of(settings, 0) / "hooks").exists()


def mirror_of(settings: Settings, index: int) -> Path:
    return sorted((settings.cache / "git").glob("*.git"))[index]


def test_what_a_killed_git_left_does_not_lock_others_out(take, daemon, settings):
    take(daemon, "v1")
    for name in ("shallow.lock", "packed-refs.lock", "refs/hgen/x.lock", "objects/pack/tmp_pack_x"):
        (mirror(settings) / name).write_bytes(b"")
    assert version(take(daemon, "main")) == "2"
    assert not list((mirror(settings) / "objects/pack").glob("tmp_*"))


@pytest.mark.parametrize("damage", ["cut", "nonsense"])
def test_a_damaged_mirror_is_no_verdict_on_the_repository(take, daemon, settings, damage):
    sha = take(daemon).base_commit
    (pack,) = (mirror(settings) / "objects/pack").glob("*.pack")
    pack.chmod(0o644)
    whole = pack.read_bytes()
    # The commit comes first in a pack and stays readable.
    half = len(whole) // 2
    pack.write_bytes(whole[:half] if damage == "cut" else whole[:half] + bytes(len(whole) - half))
    with pytest.raises(MachineError):
        take(daemon, sha)


def test_a_fetch_that_is_killed_leaves_a_mirror_that_works(daemon, settings, repository, git, served, tmp_path):
    for number in range(200):
        (repository / f"large{number}.bin").write_bytes(os.urandom(50_000))
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "large")
    git(repository, "push", "-q", str(served / "ann/project.git"), "main")
    code = (
        "import sys; from pathlib import Path; from hgen.snapshots import TreeLimits; from hgen.sources import *\n"
        "from hgen.sources.pip_config import PackageIndex; from hgen.sources.mirror import GitUrl\n"
        "s = Settings(Path(sys.argv[2]), TreeLimits(999, 10**8, 10**7), 9, '', PackageIndex((), None, None), 10, 60)\n"
        "print(fetch(GitUrl(sys.argv[1], 'main'), Path(sys.argv[3]), s).base_commit)"
    )
    command = [sys.executable, "-c", code, daemon, str(settings.cache)]
    for number in range(8):
        with subprocess.Popen([*command, str(tmp_path / f"killed{number}")], stdout=subprocess.DEVNULL) as worker:
            time.sleep(0.25 + 0.05 * number)
            worker.kill()
    done = subprocess.run([*command, str(tmp_path / "whole")], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == git(repository, "rev-parse", "main")
    assert len(list((tmp_path / "whole").glob("large*"))) == 200


def test_workers_share_a_mirror(daemon, settings, tmp_path):
    code = (
        "import sys; from pathlib import Path; from hgen.snapshots import TreeLimits; from hgen.sources import *\n"
        "from hgen.sources.pip_config import PackageIndex; from hgen.sources.mirror import GitUrl\n"
        "s = Settings(Path(sys.argv[2]), TreeLimits(99, 10**7, 10**7), 9, '', PackageIndex((), None, None), 10, 60)\n"
        "for r in ('main', 'v1', None): print(fetch(GitUrl(sys.argv[1], r), Path(sys.argv[3]) / str(r), s).base_commit)"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, daemon, str(settings.cache), str(tmp_path / str(number))],
            stdout=subprocess.PIPE, text=True,
        )
        for number in range(3)
    ]  # fmt: skip
    outputs = {worker.communicate()[0] for worker in workers}
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert len(outputs) == 1
    mirror(settings)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host.example/ann/project.git", "ann/project"),
        ("https://ann:secret@host.example/ann/project", "ann/project"),
        ("ssh://git@host.example/ann/project.git", "ann/project"),
        ("git@host.example:ann/project.git", "ann/project"),
        ("https://other.example/group/sub/project.git", "other.example/group/sub/project"),
        ("git@other.example:ann/project", "other.example/ann/project"),
    ],
)
def test_repositories_elsewhere_carry_their_hosts_name(url, name):
    location = parse_spec(url)
    assert isinstance(location, GitUrl)
    assert name_of(location.url, "https://host.example/") == name


def test_no_remote_helper_can_be_reached(take, tmp_path):
    assert not os.environ.get("GIT_ALLOW_PROTOCOL")
    with pytest.raises((NetworkError, Skip), match="not allowed"):
        take(f"ext::touch {tmp_path}/sprung")
    assert not (tmp_path / "sprung").exists()
