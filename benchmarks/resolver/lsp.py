"""A minimal client of the Language Server Protocol: requests over a child's standard input and output."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.resolver.costs import peak_bytes


class LanguageServer:
    """A running server. Requests are pipelined: ``send`` many, then ``receive`` each by its number."""

    def __init__(self, argv: list[str], root: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root, env=environment
        )
        self._number = 0
        uri = root.as_uri()
        capabilities = {"general": {"positionEncodings": ["utf-8"]}, "workspace": {"workspaceFolders": True}}
        asked: dict[str, object] = {"processId": None, "rootUri": uri, "capabilities": capabilities}
        asked["workspaceFolders"] = [{"uri": uri, "name": root.name}]
        answer = self.receive(self.send("initialize", asked))
        self.encoding = answer["capabilities"].get("positionEncoding", "utf-16")
        self.notify("initialized", {})

    def send(self, method: str, params: Any) -> int:
        """Send a request and return its number."""
        self._number += 1
        self._write({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    def notify(self, method: str, params: Any) -> None:
        """Send a message that has no answer."""
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def receive(self, number: int) -> Any:
        """Wait for the answer to a request; what the server asks meanwhile is answered with nothing."""
        while True:
            message = self._read()
            if "method" in message and "id" in message:
                count = len(message["params"].get("items", [])) if isinstance(message.get("params"), dict) else 0
                self._write({"jsonrpc": "2.0", "id": message["id"], "result": [None] * count if count else None})
            elif message.get("id") == number:
                return message.get("result")

    def stop(self) -> tuple[float, int]:
        """Shut the server down; its CPU seconds (user and system) and its peak resident bytes."""
        self.receive(self.send("shutdown", None))
        peak = peak_bytes(self.process.pid)
        self.notify("exit", None)
        _, _, usage = os.wait4(self.process.pid, 0)
        return usage.ru_utime + usage.ru_stime, peak

    def _write(self, message: dict[str, object]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length == 0:
            raise EOFError("the language server ended")
        found: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return found
