"""Which definition does each call of a repository mean?

    analysis = analyse(files)                     # Mapping[repository-relative posix path, bytes]
    analysis.symbols                              # tuple[records.Symbol, ...], ordered by (file, def_line)
    analysis.broken                               # tuple[records.BrokenFile, ...]
    for function in analysis.functions:           # every function and method, in the order of ``symbols``
        function.symbol                           # its position in ``analysis.symbols``
        function.complete                         # whether every call is certain (DESIGN: "complete")
        function.reason                           # why not offered, or ""
        function.deps                             # positions in ``symbols`` of all definitions found, complete or not
        for call in function.calls:               # in source order; ``raise X`` without parentheses included
            call.line, call.column                # 1-based line, 0-based column in bytes, where the call expression starts
            call.end_line, call.end_column        # where the *called expression* ends: the place of its "(" or just before it
            call.name                             # the last component as written: "b" in ``a.b()``, "" if there is none
            call.status                           # "resolved", "external" or "unknown"
            call.callees                          # positions in ``symbols``: exactly one if resolved, else none or several

``resolve(files)`` returns just ``(symbols, broken)`` with ``deps``, ``offered`` and ``unresolved`` filled in.
A call of an instance means its class's ``__call__``; a call of a class means the class.
"""
