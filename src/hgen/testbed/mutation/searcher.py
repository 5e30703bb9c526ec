"""Runs inside a sandbox: finds functions whose lines stand in one file outside of the repository.

A file of its own that needs only the standard library: ``python -I -c TEXT WANTED``, in the tree. WANTED is a JSON
object of lists of stripped lines; prints, as a JSON list, the keys of those that have all their lines in one file.
"""

import json
import os
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    """Search, then say what was found."""
    wanted = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    by_line: dict[str, list[str]] = {}
    for key, lines in wanted.items():
        for line in lines:
            by_line.setdefault(line, []).append(key)
    found = set()
    for file in files():
        text = file.read_text(encoding="utf-8", errors="replace")
        here = by_line.keys() & {line.strip() for line in text.split("\n")}
        counts = Counter(key for line in here for key in by_line[line])
        found |= {key for key, count in counts.items() if count == len(wanted[key])}
    sys.stdout.write(json.dumps(sorted(found)))


def files() -> Iterator[Path]:
    """All Python files of the interpreter and of what is installed for it, but in editable form."""
    paths = sysconfig.get_paths()
    tree = Path.cwd().resolve()
    roots = {paths["stdlib"], paths["purelib"], paths["platlib"], *filter(os.path.isdir, sys.path)}
    roots = {root for root in roots if not Path(root).resolve().is_relative_to(tree)}
    seen = set()
    for root in sorted(roots):
        for folder, _, names in os.walk(root):
            if folder not in seen:
                seen.add(folder)
                yield from (Path(folder, name) for name in names if name.endswith((".py", ".pyi")))


if __name__ == "__main__":
    main()
