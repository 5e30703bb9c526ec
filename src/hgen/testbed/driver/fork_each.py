"""Tests each in a process of its own, forked when all are collected: what one leaves behind helps no other."""

from __future__ import annotations

import gc
import json
import os
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pytest
from _pytest.runner import runtestprotocol


class Reports(Protocol):
    """What limits a test and reports it."""

    @property
    def limit(self) -> AbstractContextManager[None, bool | None]:
        """Within it a test has only so much time."""

    def lines(self, item: pytest.Item) -> list[dict[str, Any]]:
        """What is reported of a test that has been run."""

    def say(self, line: dict[str, Any]) -> None:
        """Report a line."""


class ForkEach:
    """The plugin that runs every test by itself, shared fixtures included."""

    def __init__(self, reporter: Reports) -> None:
        self._reporter = reporter

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
        listen, speak = os.pipe()
        # What is there already, no child's garbage collector needs to look at, and so to copy.
        gc.freeze()
        child = os.fork()
        if not child:
            try:
                os.close(listen)
                with self._reporter.limit:
                    runtestprotocol(item, nextitem=None, log=False)
                with os.fdopen(speak, "w") as told:
                    told.write(json.dumps(self._reporter.lines(item)) + "\n")
            finally:
                # Nothing of the runner's end belongs to this process.
                os._exit(0)
        os.close(speak)
        with os.fdopen(listen) as told:
            # One line of JSON, however long a process that the test has left may keep the pipe open.
            said = told.readline()
        os.waitpid(child, 0)
        died = {"k": "test", "id": item.nodeid, "o": "error", "s": 0.0, "why": "its process died"}
        for line in json.loads(said) if said.endswith("\n") else [died]:
            self._reporter.say(line)
        return True
