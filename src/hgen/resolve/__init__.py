"""Which definition does each call of a repository mean?

    analysis = analyse(files)                     # Mapping[repository-relative posix path, bytes]
    analysis.symbols                              # tuple[records.Symbol, ...], ordered by (file, def_line)
    analysis.broken                               # tuple[records.BrokenFile, ...]
    for function in analysis.functions:           # every function and method, in the order of ``symbols``
        function.symbol                           # its position in ``analysis.symbols``
        function.complete                         # whether every call is certain ("complete" in docs/design.md)
        function.reason                           # why not offered, or ""
        function.deps                             # positions in ``symbols`` of all definitions found, complete or not
        for call in function.calls:               # in source order; ``raise X`` without parentheses included
            call.line, call.column                # 1-based line, 0-based column in bytes: where the call starts
            call.end_line, call.end_column        # where the called expression ends, just before its "("
            call.name                        # the last component as written: "b" in ``a.b()``, "" if there is none
            call.status                           # "resolved", "external" or "unknown"
            call.callees                     # positions in ``symbols``: one if resolved, at most a likely one if not

``resolve(files)`` returns just ``(symbols, broken)`` with ``deps``, ``offered`` and ``unresolved`` filled in.
A call of an instance means its class's ``__call__``; a call of a class means the class.
"""

from collections.abc import Mapping

from hgen.records import BrokenFile, Symbol
from hgen.resolve.analysis import Analysis, Call, FunctionCalls, analyse
from hgen.syntax.parser import MAX_BYTES

__all__ = ["Analysis", "Call", "FunctionCalls", "analyse", "resolve"]


def resolve(
    files: Mapping[str, bytes], *, max_bytes: int = MAX_BYTES
) -> tuple[tuple[Symbol, ...], tuple[BrokenFile, ...]]:
    """The symbols of a repository, with their direct dependencies, and the files that yield none."""
    analysis = analyse(files, max_bytes=max_bytes)
    return analysis.symbols, analysis.broken
