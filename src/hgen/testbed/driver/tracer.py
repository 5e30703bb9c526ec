"""Which functions of the tree run, and for which test: by ``sys.monitoring`` where there is one, or a profiler."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

_FUNCTION = 0x1 | 0x2  # CO_OPTIMIZED | CO_NEWLOCALS: not a module's code, nor a class's body
_UNNAMED = "<"
"""How names begin of what is no function, and may stand on a function's first line: lambdas, and type parameters."""
_TOOL = 4


class Tracer:
    """Collects what is called, or goes on after a ``yield`` or ``await``, between two calls of ``since``.

    Functions have small numbers, which a forked process that adds to them can hand back.
    """

    def __init__(self, tree: str) -> None:
        self._tree = tree + "/"
        self._seen: dict[int, CodeType] = {}
        self._numbers: dict[int, int] = {}
        # Kept alive, so that no other code object gets the same identity.
        self._kept: list[CodeType] = []
        self._places: dict[tuple[str, int], int] = {}
        self._begin: Callable[[], None] = self._monitor() if hasattr(sys, "monitoring") else self._profile()

    def begin(self) -> None:
        """Notice again what was noticed before; also after a test has put something else in our place."""
        self._begin()

    def since(self) -> set[int]:
        """The functions that ran since the last call."""
        seen, found = self._seen, set()
        # One by one: a thread that calls something meanwhile adds to it.
        while seen:
            identity, code = seen.popitem()
            number = self._numbers.get(identity)
            if number is None:
                number = self._number(code)
            if number >= 0:
                found.add(number)
        return found

    def functions(self, known: int) -> list[tuple[str, int]]:
        """The functions that have numbers, as files and first lines in the order of these, without the first ones."""
        return list(self._places)[known:]

    def learn(self, functions: list[tuple[str, int]]) -> None:
        """Give numbers to functions that a forked process has met."""
        for place in functions:
            self._places.setdefault(place, len(self._places))

    def _number(self, code: CodeType) -> int:
        self._kept.append(code)
        file = code.co_filename
        number = -1
        named = code.co_flags & _FUNCTION == _FUNCTION and not code.co_name.startswith(_UNNAMED)
        if named and file.startswith(self._tree):
            number = self._places.setdefault((file[len(self._tree) :], code.co_firstlineno), len(self._places))
        self._numbers[id(code)] = number
        return number

    def _profile(self) -> Callable[[], None]:
        seen = self._seen

        def called(frame: FrameType, event: str, arg: object) -> None:
            if event == "call":
                code = frame.f_code
                seen[id(code)] = code

        def begin() -> None:
            threading.setprofile(called)
            sys.setprofile(called)

        return begin

    def _monitor(self) -> Callable[[], None]:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        seen = self._seen

        def called(code: CodeType, offset: int) -> object:
            seen[id(code)] = code
            return monitoring.DISABLE

        def thrown(code: CodeType, offset: int, error: BaseException) -> None:
            # This one cannot be disabled.
            seen[id(code)] = code

        events = monitoring.events
        callbacks = {events.PY_START: called, events.PY_RESUME: called, events.PY_THROW: thrown}

        def begin() -> None:
            if monitoring.get_tool(_TOOL) is None:
                monitoring.use_tool_id(_TOOL, "hgen")
            for event, callback in callbacks.items():
                monitoring.register_callback(_TOOL, event, callback)
            monitoring.set_events(_TOOL, sum(callbacks))
            monitoring.restart_events()

        return begin
