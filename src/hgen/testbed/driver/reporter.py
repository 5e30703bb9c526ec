"""What a run's process says: numbered lines that only the holder of the run's key can write.

Everything that writing needs is bound here, before any code of the repository is imported, and is written in C: nothing
that such code replaces later is called.
"""

from __future__ import annotations

import os
from _blake2 import blake2b
from json import encoder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MAC = 12


def speaker(number: int, key: bytes, descriptor: int) -> Callable[[dict[str, object]], None]:
    """A function that writes one line of a run's report."""
    write, own_process, process = os.write, os.getpid(), os.getpid
    mac, join = blake2b, "".join
    make_encoder = encoder.c_make_encoder  # type: ignore[attr-defined]
    encode = make_encoder(None, None, encoder.encode_basestring_ascii, None, ":", ",", False, False, True)
    said = 0

    def say(line: dict[str, object]) -> None:
        nonlocal said
        if process() != own_process:
            # A test that forks carries a copy of all this.
            return
        content = join(encode(line, 0))
        text = f"C {number} {said} "
        digest = mac((text + content).encode("ascii"), key=key, digest_size=_MAC).hexdigest()
        said += 1
        left = memoryview((text + digest + " " + content + "\n").encode("ascii"))
        while left:
            left = left[write(descriptor, left) :]

    return say
