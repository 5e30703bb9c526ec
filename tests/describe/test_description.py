"""What is too long to be described is left out, so that no docstring costs more than its length."""

import pytest

from hgen.describe.description import describe
from hgen.errors import Skip
from hgen.records import Symbol

_SYMBOL = Symbol(
    file="m.py", qualname="f", kind="function", start_line=1, def_line=1, body_line=2, end_line=2, docstring=(2, 2),
    statements=1, signature="f()", decorators=(), body_digest="", offered=True, unresolved="", deps=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("docstring", "secret", "reason"),
    [("Say it. " * 20_000, "f", "long-docstring"), ("Say what it does.", "a_" * 300, "long-name")],
)
def test_what_is_longer_than_any_sensible_text_is_left_out_with_a_reason(
    docstring: str, secret: str, reason: str
) -> None:
    with pytest.raises(Skip) as skipped:
        describe(_SYMBOL, docstring=docstring, source="def f(): 1", secrets=(secret,), named=False, words=(1, 90))
    assert skipped.value.reason == reason
