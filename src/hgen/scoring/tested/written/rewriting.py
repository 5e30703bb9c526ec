"""Neutral forms of a function's body: other names, other words, another order, and the same meaning.

Each rewriting is right for every program, whatever its values are: nothing is called more or less often or in another
order, and no operator is taken for what it mostly means. Only who looks at frames, at the code or at local names sees
a difference; bodies that read their own names keep them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hgen.scoring.tested.written.expressions import reworded, with_helpers, with_named_constants
from hgen.scoring.tested.written.names import deleted, parameters, reads_its_scope, renamable, renamed
from hgen.scoring.tested.written.statements import Statements

if TYPE_CHECKING:
    import random

    from hgen.scoring.tested.written.bodies import Body, Definition
    from hgen.scoring.tested.written.names import NewNames


def rewrite(body: Body, definition: Definition, coin: random.Random, new_name: NewNames) -> None:
    """Put a body of the function into other words."""
    closed = reads_its_scope(body)
    bound = parameters(definition) - deleted(body)
    statements = body.statements
    if not closed:
        statements = with_helpers(with_named_constants(statements, coin, new_name), coin, new_name, bound)
    statements = Statements(coin, None if closed else new_name, bound).rewritten(reworded(statements, coin))
    if not closed:
        body.statements = statements
        names = {name: new_name() for name in renamable(body, definition) if coin.random() < 0.7}
        statements = renamed(statements, names)
    body.statements = statements
