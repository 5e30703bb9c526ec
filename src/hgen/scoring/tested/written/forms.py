"""Forms of a task's targets: files in which the true code and all mutants stand, and one of them runs.

A form holds each variant of a function's body, every one in words of its own (``rewriting``) and in an order of their
own, as branches of one function; which branch runs follows from conditions that the coin has made (``predicates``). So
the forms of the true code and those of a mutant are drawn from the same texts: whoever counts names, constants, calls
or statements, or looks for lines, finds the same in all of them, and something else each time.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hgen.scoring.python.definitions import first_line, last_line
from hgen.scoring.python.sources import parse_start, split
from hgen.scoring.start_state import patched
from hgen.scoring.tasks import place_of
from hgen.scoring.tested.written.bodies import body_of, own_statements, restored
from hgen.scoring.tested.written.names import NewNames, words_of
from hgen.scoring.tested.written.predicates import predicate
from hgen.scoring.tested.written.rewriting import rewrite
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from hgen.scoring.tasks import SymbolRef
    from hgen.scoring.tested.task import TestedTask
    from hgen.scoring.tested.written.bodies import Body, Definition

TRUE = -1
"""The number of the true code; mutants are numbered as in the task."""


class Forms:
    """The forms of a task's targets.

    Raises ``Refusal("start-state")`` if a target or a mutant cannot be read, ``Refusal("bad-task")`` if a mutant
    changes something else than one target's body.
    """

    def __init__(self, task: TestedTask, start: Mapping[str, bytes]) -> None:
        self._functions = [_Function(target, start) for target in task.targets]
        for number, mutant in enumerate(task.mutants):
            after = patched(start, mutant, "a mutant")
            fitting = [function for function in self._functions if function.take(number, after, set(after.changed))]
            if not fitting:
                raise Refusal("bad-task", f"mutant {number + 1} changes something else than the body of one target")

    def files(self, number: int, coin: random.Random) -> dict[str, bytes]:
        """The targets' files in new forms, in which this variant runs."""
        made: dict[str, list[bytes]] = {}
        for function in sorted(self._functions, key=lambda each: each.first, reverse=True):
            lines = made.setdefault(function.path, function.content.split(b"\n"))
            lines[function.first - 1 : function.last] = function.form(number, coin)
        return {path: b"\n".join(lines) for path, lines in sorted(made.items())}


@dataclass
class _Variant:
    content: bytes
    definition: Definition


class _Function:
    """A target, with the bodies that it has in the true code and in mutants."""

    def __init__(self, target: SymbolRef, start: Mapping[str, bytes]) -> None:
        if target.file not in start:
            raise Refusal("start-state", f"{target.file} is not there")
        self.path = target.file
        self.content = start[target.file]
        self._target = target
        try:
            self._taken = words_of(self.content.decode())
        except UnicodeDecodeError as error:
            raise Refusal("bad-task", f"{target.file} is not UTF-8: {error}") from None
        place = place_of(target, self.content)
        if isinstance(place.node, ast.ClassDef):
            raise Refusal("bad-task", f"{target} is no function")
        self._definition: Definition = place.node
        statements = own_statements(self._definition)
        if not statements:
            raise Refusal("bad-task", f"{target} does nothing")
        first = statements[0]
        self.first = first_line(parse_start(self.content), first)
        self.last = last_line(self._definition)
        line = split(self.content)[first.lineno - 1]
        self._indent = line[: first.col_offset]
        if self._indent.strip() or self.first <= self._definition.lineno:
            raise Refusal("bad-task", f"the body of {target} shares a line with its header")
        self._variants = {TRUE: _Variant(self.content, self._definition)}

    def take(self, number: int, after: Mapping[str, bytes], changed: set[str]) -> bool:
        """Take the body that a mutant gives the function; False if it changes something else."""
        if changed != {self.path} or self.path not in after:
            return False
        content = after[self.path]
        before, now = self.content.split(b"\n"), content.split(b"\n")
        rest = len(before) - self.last
        if now[: self.first - 1] != before[: self.first - 1] or now[len(now) - rest :] != before[self.last :]:
            return False
        node = place_of(self._target, content).node
        if isinstance(node, ast.ClassDef) or not own_statements(node):
            return False
        # Behind a last statement that is gone, a comment on it may have stayed.
        if any(line.split(b"#")[0].strip() for line in now[last_line(node) : len(now) - rest]):
            return False
        self._variants[number] = _Variant(content, node)
        return True

    def form(self, number: int, coin: random.Random) -> list[bytes]:
        """Lines that stand for the body; raises ``Refusal("start-state")`` if Python would not take them."""
        wanted = number if number in self._variants else TRUE
        new_name = NewNames(self._taken, coin)
        texts: list[str] = []
        bodies = {}
        for key, variant in self._variants.items():
            bodies[key] = body_of(variant.definition, variant.content, texts)
            rewrite(bodies[key], variant.definition, coin, new_name)
        lines = _declarations(list(bodies.values()))
        order = coin.sample(sorted(bodies), len(bodies))
        for place, key in enumerate(order):
            # Behind the branch that runs, conditions may be what they like.
            truth = coin.random() < 0.5 if wanted in order[:place] else key == wanted
            lines += _branch(bodies[key], predicate(coin, truth), place, last=place == len(order) - 1)
        self._require_python(lines, texts)
        end = b"\r" if b"\r\n" in self.content else b""
        made = restored("\n".join(self._indent.decode() + line for line in lines), texts)
        return [line + end for line in made.encode().split(b"\n")]

    def _require_python(self, lines: Sequence[str], texts: Sequence[str]) -> None:
        header = "async def f():" if isinstance(self._definition, ast.AsyncFunctionDef) else "def f():"
        try:
            ast.parse(restored("\n".join([header, *(f" {line}" for line in lines)]), texts))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Refusal("start-state", f"{self._target} has no other form: {error}") from None


def _declarations(bodies: Sequence[Body]) -> list[str]:
    """What is said of names for the whole function, before any branch."""
    declared: dict[str, str] = {}
    for body in bodies:
        declared.update(body.declared)
    return [f"{word} {name}" for name, word in sorted(declared.items())]


def _branch(body: Body, condition: ast.expr, place: int, *, last: bool) -> list[str]:
    asked = f"{'elif' if place else 'if'} {ast.unparse(condition)}:"
    return ["else:" if last and place else asked, *(f"    {line}" for line in body.written())]
