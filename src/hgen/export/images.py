"""What the image of a task's environment is called: a function of what is in it, not of who builds it or when."""

import re
from dataclasses import dataclass

from hgen.export.environment.recipe import digest
from hgen.records import Task

LOCAL = "localhost/hgen"
"""The prefix of images that stay on an engine. Podman reads a name without ``localhost/`` as one of a registry's."""

_UNSAFE = re.compile(r"[^a-z0-9]+")
_LONGEST = 100


@dataclass(frozen=True)
class Images:
    """The images of an export's tasks."""

    prefix: str = LOCAL
    """What comes before the repository's name: a registry, and a path in it."""
    base: str = ""
    """The image that they are built on; empty for the usual one."""
    built: bool = False
    """Whether they are there, on this engine or in the registry; else the names are those that they would have."""

    def name(self, task: Task) -> str:
        """The name of a task's image; tasks that start from the same tree have the same."""
        repository = _UNSAFE.sub("-", task.repo.lower()).strip("-")[:_LONGEST].strip("-") or "repository"
        return f"{self.prefix}/{repository}:{digest(task, self.base)[:24]}"
