"""Debian's image registry on loopback, for tests that push images."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_CONFIG = """
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {folder}/images}}
http: {{addr: "127.0.0.1:{port}"}}
{auth}
"""
_PASSWORD = "auth: {{htpasswd: {{realm: here, path: {folder}/users}}}}"


@contextmanager
def registry(folder: Path, *, users: str = "") -> Iterator[str]:
    """A running registry; gives its ``host:port``. ``users`` are lines of htpasswd, if it is to ask for a password."""
    if shutil.which("docker-registry") is None:
        pytest.fail("docker-registry is missing: run scripts/setup-registry.sh as root")
    folder.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "users").write_text(users, encoding="ascii")
    auth = _PASSWORD.format(folder=folder) if users else ""
    (folder / "config.yml").write_text(_CONFIG.format(folder=folder, port=port, auth=auth), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
    try:
        _wait(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the registry does not answer")
