"""Conversations with a model, several at a time, whose results come in their order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import Generic, TypeVar

from hgen.endpoint.client import Endpoint, Request
from hgen.endpoint.replies import Reply
from hgen.errors import Skip

T = TypeVar("T")

Talk = Generator[Request, Reply, T]
"""A conversation: gives requests, is sent the reply to each, and ends with a result or a ``Skip``. What asking raises
is raised where it asks."""


def held(talks: Iterable[Talk[T]], endpoint: Endpoint | None, wanted: Callable[[], int]) -> Iterator[T | Skip]:
    """The results of talks in their order, while more are wanted; those that ask nothing need no endpoint.

    ``wanted`` says how many results will be taken from here on at least: no more talks are begun than that, so that
    which are, and what they cost, does not depend on how fast replies come. All that talks do themselves is done in
    the caller's thread.
    """
    most = 1 if endpoint is None else endpoint.config.concurrency
    waiting = iter(talks)
    begun: deque[_Held[T]] = deque()
    with ThreadPoolExecutor(most, thread_name_prefix="hgen-endpoint") as threads:

        def send(request: Request) -> "Future[Reply]":
            assert endpoint is not None, "a talk asks, and there is no endpoint"
            return threads.submit(endpoint.ask, request)

        try:
            while wanted() > 0:
                begun.extend(_Held(talk, send) for talk in islice(waiting, min(most, wanted()) - len(begun)))
                if not begun:
                    return
                _lead_on(begun)
                yield begun.popleft().result
        finally:
            threads.shutdown(cancel_futures=True)


class _Held(Generic[T]):
    """A talk that has been begun."""

    result: T | Skip

    def __init__(self, talk: Talk[T], send: Callable[[Request], "Future[Reply]"]) -> None:
        self._talk = talk
        self._send = send
        self.reply: Future[Reply] | None = None
        self._step(lambda: next(talk))

    def go_on(self) -> None:
        """Take the reply that has come."""
        assert self.reply is not None
        come, self.reply = self.reply, None
        error = come.exception()
        self._step(lambda: self._talk.send(come.result()) if error is None else self._talk.throw(error))

    def _step(self, step: Callable[[], Request]) -> None:
        try:
            request = step()
        except StopIteration as end:
            self.result = end.value
        except Skip as skip:
            self.result = skip
        else:
            self.reply = self._send(request)


def _lead_on(begun: "deque[_Held[T]]") -> None:
    """Lead all talks on, until the first has a result."""
    while begun[0].reply is not None:
        wait([talk.reply for talk in begun if talk.reply is not None], return_when=FIRST_COMPLETED)
        for talk in begun:
            if talk.reply is not None and talk.reply.done():
                talk.go_on()
