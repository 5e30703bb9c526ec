"""Names of tasks that are safe everywhere: as files, in registries, in other tools' configurations."""

import hashlib
import re

_UNSAFE = re.compile(r"[^a-z0-9._-]+")
_REPEATED = re.compile(r"[._-]{3,}")

MOST = 100
"""Characters of a name."""


def safe_name(instance_id: str) -> str:
    """A name of lower-case letters, digits, dots, dashes and underscores that no other id has.

    It is the id itself if that is such a name. Otherwise it ends in a digest of the id, so that ids which differ by
    case only, which file systems and registries take for one, have different names.
    """
    # Harbor takes no two dots in a row.
    name = _REPEATED.sub("__", _UNSAFE.sub("-", instance_id.lower()).strip("._-")).replace("..", ".")
    if name == instance_id and len(name) <= MOST:
        return name
    digest = hashlib.sha256(instance_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    start = name[: MOST - len(digest) - 1].strip("._-") or "task"
    return f"{start}-{digest}"
