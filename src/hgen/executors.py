"""Where shards run: in this process, or in a pool of worker processes on this machine."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Protocol, Self, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Executor(Protocol):
    """Calls a picklable function on items and gives the futures as they are done, in any order."""

    def submit(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[tuple[A, "Future[B]"]]:
        """Run ``function`` on each item; a future carries the result or the exception."""
        ...


class InProcess:
    """One after the other, here: for one worker, and for debugging."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def submit(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[tuple[A, "Future[B]"]]:
        """Run ``function`` on each item as the futures are asked for."""
        for item in items:
            yield item, _call(function, item)


class Pool:
    """A local process pool, started when first used and kept for all stages of a run.

    Use it in a ``with`` block: leaving it early ends the workers at once.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def submit(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[tuple[A, "Future[B]"]]:
        """Run ``function`` on each item in a worker; a killed worker fails every unfinished item."""
        with _ctrl_c_held_back():
            if self._pool is None:
                # Spawned, not forked: a fork copies the locks of the progress bar's thread.
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self._jobs, mp_context=context, initializer=_begin_worker)
            futures = {self._pool.submit(function, item): item for item in items}
        for future in as_completed(futures):
            if future.exception() is not None:
                self._replace_if_broken()
            yield futures[future], future

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        workers = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
        if kind is not None:
            for worker in workers:
                worker.kill()
        self._pool = None

    def _replace_if_broken(self) -> None:
        # A pool that lost a worker takes no more work; the next stage, or the next run, starts a new one.
        if self._pool is not None and self._pool._broken:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def local(jobs: int) -> "InProcess | Pool":
    """The executor for a number of worker processes."""
    return InProcess() if jobs == 1 else Pool(jobs)


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Ctrl-C takes effect after the block: one in the middle of a pool's start leaves semaphores behind.

    Workers that are started in the block never get one.
    """
    # Its start would let Ctrl-C through again.
    resource_tracker.ensure_running()
    pressed: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    # Workers inherit the mask; threads of libraries do not have it, and what reaches them reaches this one.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handler = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number)) if is_main else None
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if is_main:
            signal.signal(signal.SIGINT, handler)
    if pressed:
        raise KeyboardInterrupt


def _call(function: Callable[[A], B], item: A) -> "Future[B]":
    future: Future[B] = Future()
    try:
        future.set_result(function(item))
    except Exception as error:  # noqa: BLE001 - a future carries whatever was raised to the one who asks for it
        future.set_exception(error)
    return future


def _begin_worker() -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides, and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="hgen-parent", daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the parent's end: one that was killed cannot end its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
