"""A plain container with a testbed's image, root and its capabilities included, as people run agents and graders in."""

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from types import TracebackType
from typing import Any

import docker

from hgen.grader import grader_source
from hgen.sandbox import labels
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState

TREE = "/sandbox/repo"
ANSWER = "/private/answer.json"
START = "/private/snapshot.zip"
PYTHON = "/opt/venv/bin/python"


class Outside:
    """Use it in a ``with`` block."""

    def __init__(self, sandboxes: Containers, image: str = "") -> None:
        self._api: Any = docker.APIClient(base_url=sandboxes.client.url, version="auto")
        host = self._api.create_host_config(network_mode="none", init=True, mem_limit=1 << 30)
        self._container = self._api.create_container(
            image or sandboxes.image, ["sleep", "1800"], user="0:0", host_config=host, labels=labels.own(1800.0)
        )["Id"]

    def __enter__(self) -> "Outside":
        self._api.start(self._container)
        self.put({"/private/grader.py": grader_source().encode()})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.remove_container(self._container, force=True)
        self._api.close()

    @contextmanager
    def kept(self) -> Iterator[str]:
        """An image of the container as it is now, for as long as it is used."""
        image = self._api.commit(self._container)["Id"]
        try:
            yield image
        finally:
            self._api.remove_image(image, force=True)

    def run(
        self, argv: Sequence[str], *, user: int = 0, env: Mapping[str, str] | None = None, cwd: str = "/"
    ) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a command."""
        command = self._api.exec_create(
            self._container, list(argv), user=f"{user}:{user}", environment=dict(env or {}), workdir=cwd
        )["Id"]
        out, err = self._api.exec_start(command, demux=True)
        code = self._api.exec_inspect(command)["ExitCode"]
        return code, (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace")

    def put(self, files: Mapping[str, bytes], *, owner: int = 0, mode: int = 0o644) -> None:
        """Lay files by their absolute paths."""
        made = BytesIO()
        with tarfile.open(fileobj=made, mode="w") as archive:
            for path, content in files.items():
                member = tarfile.TarInfo(path.lstrip("/"))
                member.size, member.uid, member.gid, member.mode = len(content), owner, owner, mode
                archive.addfile(member, BytesIO(content))
        self._api.put_archive(self._container, "/", made.getvalue())

    def tree(self, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> None:
        """Lay a tree as the agent left it, in place of another."""
        self.run(["rm", "-rf", TREE])
        self._api.put_archive(self._container, "/sandbox", StartState(dict(files), links=links or {}).archive)

    def grade(
        self,
        private: tuple[bytes, bytes] | None,
        diff: str | None = None,
        *options: str,
        start: str = START,
        tree: str = TREE,
        user: int = 0,
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
    ) -> dict[str, Any]:
        """The verdict on a diff, or on the tree; with ``code`` and ``said``, how the grader ended and complained.

        ``private`` are the answer file and the snapshot's archive, if they are not there already.
        """
        if private is not None:
            self.put(dict(zip((ANSWER, START), private, strict=True)), owner=user, mode=0o600)
        judged = ["--tree", tree]
        if diff is not None:
            self.put({"/private/answer.diff": diff.encode("utf-8", "surrogateescape")})
            judged = ["--diff", "/private/answer.diff"]
        python = "/usr/bin/python3" if self.run(["test", "-x", "/usr/bin/python3"])[0] == 0 else PYTHON
        argv = [python, "-I", "-S", "/private/grader.py", "--answer", ANSWER, "--start", start, *judged, *options]
        code, out, err = self.run(argv, user=user, env=env, cwd=cwd)
        return {"code": code, "said": err, **(json.loads(out) if out else {})}
