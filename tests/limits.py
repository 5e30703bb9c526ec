"""A limit of processor time, for what would take minutes if it took more than linear time."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def processor_limit(seconds: float, what: str) -> Iterator[None]:
    """Fail where the block computes for longer; take inputs that need a hundredth of it, or else many times as much."""

    def stop(*_: object) -> None:
        pytest.fail(f"{what} takes more than {seconds} seconds of the processor", pytrace=False)

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
