"""Functions that an agent could read elsewhere: in the standard library, or in what is installed beside the tree."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from hgen.errors import SandboxError
from hgen.sandbox.base import Sandbox
from hgen.sandbox.layout import JOB
from hgen.testbed.running import PYTHON

_LINES = 3
"""So many of a body's lines, the longest, are looked for together; a body of fewer cannot be told from others."""
_SHORTEST_LINE = 16
"""Lines of fewer characters are not looked for: many programs have them."""
_SECONDS = 300.0


def readable_elsewhere(sandbox: Sandbox, bodies: Mapping[int, Sequence[bytes]]) -> frozenset[int]:
    """The keys of the bodies, given as lines, that are found outside of the tree.

    Must be asked before foreign code has run in the sandbox.
    """
    wanted = {key: told for key, lines in bodies.items() if len(told := _telling(lines)) == _LINES}
    place = JOB / "wanted.json"
    sandbox.write_file(place, json.dumps(wanted).encode())
    program = (files("hgen.testbed.mutation") / "searcher.py").read_text(encoding="utf-8")
    done = sandbox.exec([PYTHON, "-I", "-c", program, str(place)], timeout=_SECONDS)
    if not done.ok:
        said = done.stderr.decode(errors="replace").strip()[-300:]
        raise SandboxError(f"the search for copies ended with {done.ended} {done.exit_code}: {said}")
    return frozenset(map(int, json.loads(done.stdout)))


def _telling(lines: Sequence[bytes]) -> list[str]:
    texts = {line.decode(errors="replace").strip() for line in lines}
    long = [text for text in texts if len(text) >= _SHORTEST_LINE and not text.startswith("#")]
    return sorted(long, key=lambda text: (-len(text), text))[:_LINES]
