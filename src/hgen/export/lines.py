"""Files of JSON lines, as many as an export needs, each opened when its first row comes."""

import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from hgen.export.task_row import Row


class JsonLines:
    """Rows for the files of a folder; a context manager, which closes them.

    The lines are ASCII, so that readers which split at other separators than newlines split them rightly too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, TextIO] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, name: str, row: Row) -> None:
        """Add a row to ``{name}.jsonl``; ``name`` may lead through folders, which are made."""
        if name not in self._files:
            path = self._folder / f"{name}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = self._stack.enter_context(path.open("w", encoding="ascii", newline="\n"))
        self._files[name].write(json.dumps(row) + "\n")
