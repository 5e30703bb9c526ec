"""Remove what sandboxes leave: in the background while hgen runs, and afterwards what a killed hgen could not."""

import logging
import queue
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import gettempdir

from hgen.errors import SandboxError
from hgen.sandbox import labels
from hgen.sandbox.client import Client
from hgen.sandbox.connection import EngineRefusal

_log = logging.getLogger(__name__)

_IN_FLIGHT = 8
"""Removals that may wait; the next one waits its turn, so that starting never outruns removing."""


class Remover:
    """A thread that removes containers and their volumes in the order in which they were given up."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._waiting: queue.Queue[tuple[str, Sequence[str]] | None] = queue.Queue(_IN_FLIGHT)
        self._thread = threading.Thread(target=self._work, name="hgen-remover", daemon=True)
        self._thread.start()

    def put(self, container: str, volumes: Sequence[str]) -> None:
        """Have a container (or none, if empty) and its volumes removed."""
        self._waiting.put((container, volumes))

    def close(self) -> None:
        """Wait until all is removed; a second call does nothing."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            try:
                remove(self._client, *item)
            except SandboxError as error:
                # Still labelled: the next start, or the reaper, finds it.
                _log.warning("left behind for `hgen doctor --clean`: %s", error)
            finally:
                self._waiting.task_done()


def remove(client: Client, container: str, volumes: Sequence[str]) -> None:
    """Remove a container, then the volumes that it held."""
    if container:
        _insist(client.remove_container, container)
    for volume in volumes:
        _insist(client.remove_volume, volume)


def reap(client: Client) -> list[str]:
    """Remove every container, volume and temporary folder whose hgen is gone; gives the names of what was removed.

    What a living process uses stays, as does everything that hgen did not make.
    """
    containers = [item.name for item in client.containers(labels.MARK) if labels.abandoned(item.labels)]
    for container in containers:
        _insist(client.remove_container, container)
    volumes = [item.name for item in client.volumes(labels.MARK) if labels.abandoned(item.labels)]
    for volume in volumes:
        _insist(client.remove_volume, volume)
    folders = [path for path in Path(gettempdir()).glob(f"{labels.FOLDERS}*") if labels.abandoned_folder(path.name)]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return containers + volumes + [str(folder) for folder in sorted(folders)]


def at_work(client: Client) -> bool:
    """Whether a living hgen, this one included, has a container on an engine."""
    return any(not labels.abandoned(item.labels) for item in client.containers(labels.MARK))


def left_behind(client: Client) -> list[str]:
    """Every container and volume of a sandbox that is there now, whoever made it."""
    return [item.name for item in client.containers(labels.MARK) + client.volumes(labels.MARK)]


def _insist(removal: Callable[[str], None], name: str) -> None:
    # Somebody else may be removing the container; until that is done, the engine refuses, and it keeps the volumes.
    for wait in (0.1, 0.4, 1.5):
        try:
            removal(name)
        except EngineRefusal:
            time.sleep(wait)
        else:
            return
    removal(name)
