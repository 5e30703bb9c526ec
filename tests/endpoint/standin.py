"""A stand-in for a language model's endpoint: a real server on loopback that speaks the chat-completions protocol."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-very-secret-5f3c"

Body = dict[str, Any]


@dataclass(frozen=True)
class Says:
    """A completion."""

    text: str | None
    finish: str = "stop"
    refusal: str | None = None
    usage: bool = True
    seconds: float = 0.0
    """How long it takes."""
    calls: tuple[tuple[str, str], ...] = ()
    """Tools and their arguments."""


@dataclass(frozen=True)
class Fails:
    """An HTTP error, or any other body."""

    status: int
    body: str = '{"error": {"message": "broken"}}'
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cuts:
    """The connection ends before (0) or within a reply."""

    after: int = 0


Answer = Says | Fails | Cuts


@dataclass
class StandIn:
    """What was asked, by whom, and how many at a time."""

    address: str
    bodies: list[Body] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    most_at_once: int = 0


@contextmanager
def endpoint(answer: Callable[[Body], Answer]) -> Iterator[StandIn]:
    """Serve ``answer`` until the block ends."""
    lock = threading.Lock()
    now = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal now
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                seen.bodies.append(body)
                seen.keys.add(self.headers["Authorization"])
                now += 1
                seen.most_at_once = max(seen.most_at_once, now)
                given = answer(body)
            try:
                with suppress(BrokenPipeError, ConnectionResetError):
                    self._give(body, given)
            finally:
                with lock:
                    now -= 1

        def _give(self, body: Body, given: Answer) -> None:
            match given:
                case Says():
                    time.sleep(given.seconds)
                    self._send(200, json.dumps(completion(body, given)), {})
                case Fails():
                    self._send(given.status, given.body, given.headers)
                case Cuts(after=after):
                    if after:
                        self.send_response(200)
                        self.send_header("Content-Type", "application/json")
                        self.send_header("Content-Length", "1000")
                        self.end_headers()
                        self.wfile.write(b"{" * after)
                    self.close_connection = True

        def _send(self, status: int, text: str, headers: dict[str, str]) -> None:
            content = text.encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen = StandIn(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def completion(body: Body, said: Says) -> Body:
    """A completion as the protocol has it; a token is four characters."""
    given = sum(len(message["content"] or "") for message in body["messages"]) // 4
    made = len(said.text or "") // 4
    usage = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    message = {"role": "assistant", "content": said.text, "refusal": said.refusal}
    if said.calls:
        message["tool_calls"] = [
            {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for place, (name, arguments) in enumerate(said.calls)
        ]
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": said.finish, "message": message, "logprobs": None}],
        **({"usage": usage} if said.usage else {}),
    }
