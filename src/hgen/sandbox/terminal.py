"""The user's own terminal, connected to a command in a container."""

import os
import select
import shutil
import signal
import socket
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from hgen.errors import SandboxError
from hgen.sandbox.client import Client

_PIECE = 1 << 16


def connect(client: Client, container: str, argv: Sequence[str], *, user: int, folder: str) -> int | None:
    """Run a command and pass on every key and character until it ends; gives its exit status.

    Standard input must be a terminal. It is as it was before when this returns or raises.
    """
    identifier, connection = client.open_terminal(container, argv, user=f"{user}:{user}", folder=folder)
    with connection, _followed_size(client, identifier), _raw(sys.stdin.fileno()):
        _pass_on(connection, sys.stdin.fileno(), sys.stdout.fileno())
    return client.exit_code(identifier)


def _pass_on(connection: socket.socket, keys: int, screen: int) -> None:
    connection.setblocking(True)
    while True:
        ready, _, _ = select.select([keys, connection.fileno()], [], [])
        if connection.fileno() in ready:
            said = connection.recv(_PIECE)
            if not said:
                return
            while said:
                said = said[os.write(screen, said) :]
        if keys in ready:
            typed = os.read(keys, _PIECE)
            if not typed:
                # The terminal was closed.
                return
            connection.sendall(typed)


@contextmanager
def _raw(terminal: int) -> Iterator[None]:
    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def _followed_size(client: Client, identifier: str) -> Iterator[None]:
    def tell(*_: object) -> None:
        size = shutil.get_terminal_size()
        # The command may just have ended.
        with suppress(SandboxError):
            client.resize_terminal(identifier, lines=size.lines, columns=size.columns)

    before = signal.signal(signal.SIGWINCH, tell)
    try:
        tell()
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
