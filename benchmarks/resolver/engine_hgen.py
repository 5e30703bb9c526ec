"""hgen's resolver over a whole repository."""

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.resolver.costs import peak_bytes
from benchmarks.resolver.sites import python_files


def main() -> None:
    """Arguments: the tree, the answers' file. Parsing is in the CPU seconds; start-up and imports in the total only."""
    root, answers = Path(sys.argv[1]), Path(sys.argv[2])
    from hgen.resolve import analyse  # noqa: PLC0415 - inside what is measured

    started = time.process_time()
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in python_files(root)}
    analysis = analyse(files)
    seconds = time.process_time() - started
    peak = peak_bytes()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    names = [(each.file, each.qualname, each.def_line) for each in analysis.symbols]
    rows, functions = [], []
    for function in analysis.functions:
        file = names[function.symbol][0]
        functions.append(
            {
                "function": names[function.symbol],
                "complete": function.complete,
                "reason": function.reason,
                "offered": analysis.symbols[function.symbol].offered,
                "deps": [names[each] for each in function.deps],
            }
        )
        rows += [
            [file, call.end_line, call.end_column, [names[each] for each in call.callees], call.status]
            for call in function.calls
        ]
    result = {
        "answers": [row[:4] for row in rows],
        "statuses": [[*row[:3], row[4]] for row in rows],
        "functions": functions,
        "cpu_seconds": seconds,
        "total_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": peak,
        "lines": sum(content.count(b"\n") for content in files.values()),
    }
    answers.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
