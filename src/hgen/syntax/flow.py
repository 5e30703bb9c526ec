"""The flow of values through one scope: static single assignments, built while its statements are read in order.

Every read of a name becomes the number of the value that it has there; where ways meet, a phi value lists one value for
each. Costs are proportional to what changes between two meeting points, never to the number of names. The method for
loops follows Braun et al., *Simple and Efficient Construction of Static Single Assignment Form* (2013).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hgen.syntax.decode import Broken
from hgen.syntax.ir import (
    E_ATTRIBUTE,
    E_CONSTANT,
    E_VALUE,
    V_EXPR,
    V_GLOBAL,
    V_OUTER,
    V_PHI,
    V_UNBOUND,
    V_UNKNOWN,
    Value,
)

State = dict[str, int]

_NONE: Value = (V_EXPR, (E_CONSTANT, "NoneType", None))

_MAX_WAYS = 24
"""A phi of more values is unknown: its type would be anyway."""
_MAX_WORK = 5_000_000
"""Names copied at ``break``, ``continue`` and rebinding; only hostile code reaches it."""


@dataclass(slots=True)
class Loop:
    """A loop that is being read: ``heads`` are the values at its top, each with the value before the loop."""

    base: int
    depth: int
    heads: dict[str, tuple[int, int]] = field(default_factory=dict)
    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)


class Flow:
    """The values of one scope, and the value of each name at the place that has been reached."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.env: State = {}
        self.bound: dict[str, list[int]] = {}
        self.global_names: set[str] = set()
        self.nonlocal_names: set[str] = set()
        self.outer_stores: list[tuple[str, int]] = []
        self.dead = False
        self.depth = 0
        self._entries: State = {}
        self._journals: list[dict[str, int | None]] = []
        self._loops: list[Loop] = []
        self._tries: list[list[tuple[str, int]]] = []
        self._chains: dict[str, dict[str, None]] = {}
        self._work = 0

    @property
    def has_chains(self) -> bool:
        """Whether any attribute of a name has had a value."""
        return bool(self._chains)

    def new(self, value: Value) -> int:
        """Number a value."""
        self.values.append(value)
        return len(self.values) - 1

    def get(self, name: str) -> int:
        """The value of a name here."""
        value = self.env.get(name)
        if not self._loops:
            return self._entry(name) if value is None else value
        if value is None or value < self._loops[-1].base:
            return self._head(name, value)
        return value

    def bind(self, name: str, value: int) -> None:
        """Assign: the name is the scope's own from now on."""
        if name in self.global_names:
            self.outer_stores.append((name, value))
        elif name not in self.nonlocal_names:
            self.bound.setdefault(name, []).append(value)
        self.put(name, value)

    def put(self, name: str, value: int) -> None:
        """Let a name have a value from here on, without being an assignment (narrowing, comprehensions)."""
        self._set(name, value)
        if name in self._chains:
            self._rebase(name)

    def put_chain(self, chain: str, value: int, *, bind: bool) -> None:
        """The same for an attribute of a name, ``a.b``; a stored None says nothing, methods replace it out of sight."""
        if bind:
            self.bound.setdefault(chain, []).append(value)
            if self.values[value] == _NONE:
                value = self.new(self._attribute_of(chain))
        self._set(chain, value)
        if chain in self._chains:
            self._rebase(chain)
        prefix = chain.rpartition(".")[0]
        while prefix:
            self._chains.setdefault(prefix, {})[chain] = None
            prefix = prefix.rpartition(".")[0]

    def _rebase(self, name: str) -> None:
        """Attributes of a name that has a new value are no longer known."""
        chains = self._chains[name]
        self._spend(len(chains))
        for chain in chains:
            self._set(chain, self.new(self._attribute_of(chain)))

    def phi(self, ways: Iterable[int], *, preferred: bool = False) -> int:
        """The value that is one of several; ``preferred`` if it is the first one wherever that is known."""
        distinct = tuple(dict.fromkeys(ways))
        if len(distinct) == 1:
            return distinct[0]
        return self.new((V_UNKNOWN,) if len(distinct) > _MAX_WAYS else (V_PHI, distinct, preferred))

    def push(self) -> None:
        """Enter a branch."""
        self._journals.append({})
        self.depth += 1

    def pop(self) -> State | None:
        """Leave a branch and take back what it changed; returns the changes, None if its end cannot be reached."""
        journal = self._journals.pop()
        self.depth -= 1
        state = None if self.dead else {name: self.env[name] for name in journal}
        for name, before in journal.items():
            if before is None:
                del self.env[name]
            else:
                self.env[name] = before
        self.dead = False
        return state

    def merge(self, states: Sequence[State | None], *, preferred: bool = False) -> None:
        """Go on from where several branches meet; ``preferred`` as in ``phi``."""
        alive = [state for state in states if state is not None]
        self.dead = not alive
        changed: dict[str, list[int]] = {}
        without: dict[str, int] = {}
        for place, state in enumerate(alive):
            for name, value in state.items():
                ways = changed.setdefault(name, [])
                if len(ways) < place:
                    without.setdefault(name, len(ways))
                ways.append(value)
        for name, ways in changed.items():
            if len(ways) < len(alive):
                ways.insert(without.get(name, len(ways)), self.get(name))
            self._set(name, self.phi(ways, preferred=preferred))

    def forget_outer(self) -> None:
        """At the end of a function: what was read of a name before the function bound it is not an outer name."""
        for name, number in self._entries.items():
            if name in self.bound:
                self.values[number] = (V_UNBOUND,)

    def begin_loop(self) -> None:
        """Enter a loop's body."""
        self.push()
        self._loops.append(Loop(len(self.values), len(self._journals) - 1))

    def leave(self, *, to_top: bool) -> None:
        """``break`` or ``continue``."""
        self.dead = True
        if self._loops:
            loop = self._loops[-1]
            names = dict.fromkeys(name for journal in self._journals[loop.depth :] for name in journal)
            self._spend(len(names))
            (loop.continues if to_top else loop.breaks).append({name: self.env[name] for name in names})

    def end_loop(self, *, endless: bool) -> tuple[State | None, list[State]]:
        """Leave a loop's body; returns the state after its last turn, and those at its breaks."""
        loop = self._loops.pop()
        end = self.pop()
        ends = [*loop.continues, *([] if end is None else [end])]
        for name, (head, before) in loop.heads.items():
            ways = dict.fromkeys([before, *(state.get(name, head) for state in ends)])
            ways.pop(head, None)
            self.values[head] = (V_UNKNOWN,) if len(ways) > _MAX_WAYS else (V_PHI, tuple(ways), False)
        if endless:
            return None, loop.breaks
        after: State = {}
        for name in dict.fromkeys(name for state in ends for name in state):
            if name in loop.heads:
                after[name], _ = loop.heads[name]
            else:
                before = self.get(name)
                after[name] = self.phi([before, *(state.get(name, before) for state in ends)])
        return after, loop.breaks

    def begin_try(self) -> None:
        """Enter a block that may be left at any point."""
        self.push()
        self._tries.append([])

    def end_try(self) -> dict[str, list[int]]:
        """The end of that block (which stays entered); returns all values that were assigned in it."""
        assigned: dict[str, list[int]] = {}
        records = self._tries.pop()
        if self._tries:
            self._spend(len(records) // 10)
            self._tries[-1].extend(records)
        for name, value in records:
            assigned.setdefault(name, []).append(value)
        return assigned

    def interrupted(self, assigned: dict[str, list[int]]) -> None:
        """Go on from any point of a block, as a handler does."""
        for name, values in assigned.items():
            self._set(name, self.phi([self.get(name), *values]))

    def _set(self, name: str, value: int) -> None:
        if self._journals and name not in self._journals[-1]:
            self._journals[-1][name] = self.env.get(name)
        self.env[name] = value
        if self._tries:
            self._tries[-1].append((name, value))

    def _entry(self, name: str) -> int:
        """The value of a name that this scope has not bound."""
        if name not in self._entries:
            if "." in name:
                return self.new(self._attribute_of(name))
            self._entries[name] = self.new((V_GLOBAL if name in self.global_names else V_OUTER, name))
        return self._entries[name]

    def _attribute_of(self, chain: str) -> Value:
        owner, _, name = chain.rpartition(".")
        return (V_EXPR, (E_ATTRIBUTE, (E_VALUE, self.get(owner)), name))

    def _head(self, name: str, value: int | None) -> int:
        """The value at the top of the innermost loop of a name that was last bound outside of it."""
        inside = False
        for loop in self._loops:
            if inside or value is None or value < loop.base:
                if name not in loop.heads:
                    loop.heads[name] = (self.new((V_UNKNOWN,)), self._entry(name) if value is None else value)
                value, _ = loop.heads[name]
                inside = True
        assert value is not None
        return value

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > _MAX_WORK:
            raise Broken("too-complex")
