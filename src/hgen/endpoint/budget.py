"""What may be spent, in tokens and in money: a ledger on disk that all processes share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from hgen.config import EndpointConfig
from hgen.endpoint.replies import locked
from hgen.endpoint.usage import Usage
from hgen.errors import ShardError
from hgen.records import Record
from hgen.shards import write_whole

LEDGER = "spent.json"
"""The file with what has been spent."""


class OverBudget(Exception):  # noqa: N818 - the budget's end is no error
    """A request might cost more than is left."""


class Ledger(Record):
    """What has been spent, with what is under way at its highest possible price.

    What was under way when a process was killed stays: it may have been paid.
    """

    tokens: int = 0
    cost: float = 0.0
    ended: str = ""
    """The budget that has run out: nothing more is spent of it, so that runs which come after it see the same."""


class Budget:
    """The configuration's budget in one folder, over all runs."""

    def __init__(self, config: EndpointConfig, folder: Path) -> None:
        self._config = config
        self._folder = folder
        self._budget = f"max_tokens={config.max_tokens} max_cost={config.max_cost}"

    @contextmanager
    def reserved(self, most: Usage) -> Iterator[Callable[[Usage], None]]:
        """Set aside what a request may use; inside, say what it did. Raises ``OverBudget``.

        Without a word, as after an error, it has used nothing.
        """
        cost = most.cost(self._config)
        with locked(self._folder):
            spent = self._read()
            if spent.ended == self._budget:
                raise OverBudget(self._budget)
            if self._is_above(spent.tokens + most.tokens, spent.cost + cost):
                self._write(spent.model_copy(update={"ended": self._budget}))
                raise OverBudget(self._budget)
            self._add(spent, most.tokens, cost)
        used = Usage(input_tokens=0, output_tokens=0)

        def settle(usage: Usage) -> None:
            nonlocal used
            used = usage

        try:
            yield settle
        finally:
            with locked(self._folder):
                self._add(self._read(), used.tokens - most.tokens, used.cost(self._config) - cost)

    def _is_above(self, tokens: int, cost: float) -> bool:
        config = self._config
        return (config.max_tokens is not None and tokens > config.max_tokens) or (
            config.max_cost is not None and cost > config.max_cost
        )

    def _add(self, spent: Ledger, tokens: int, cost: float) -> None:
        self._write(spent.model_copy(update={"tokens": spent.tokens + tokens, "cost": round(spent.cost + cost, 12)}))

    def _read(self) -> Ledger:
        path = self._folder / LEDGER
        try:
            return Ledger.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return Ledger()
        except ValidationError:
            raise ShardError(f"{path} is damaged; delete it, and what was spent is counted from nothing") from None

    def _write(self, ledger: Ledger) -> None:
        write_whole(self._folder / LEDGER, ledger.model_dump_json().encode() + b"\n")
