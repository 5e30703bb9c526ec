"""How far apart two files are, in import statements that lead from one to the other."""

from hgen.describe.corpus import Corpus
from hgen.families.base import is_library
from hgen.families.lazy_calls import imports_of

FURTHEST = 4
"""What is not reached by so many imports counts as being so far away."""
_ROOTS = 3
"""A file's first folders may be no part of its module's name, such as ``src``."""


class ImportDistance:
    """Distances among the library's files, read from their text; each file is read once."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._files: dict[str, str] = {}
        self._imported: dict[str, tuple[str, ...]] = {}
        modules = [(_module(file).split("."), file) for file in sorted(corpus.by_file) if is_library(file)]
        for start in range(_ROOTS):
            for parts, file in modules:
                if parts[start:]:
                    self._files.setdefault(".".join(parts[start:]), file)

    def between(self, start: str, end: str) -> int:
        """The least number of imports from one file to another, at most ``FURTHEST``."""
        seen, reached = {start}, [start]
        for steps in range(FURTHEST):
            if end in seen:
                return steps
            reached = list(dict.fromkeys(file for at in reached for file in self._imports(at) if file not in seen))
            seen.update(reached)
        return FURTHEST

    def _imports(self, file: str) -> tuple[str, ...]:
        if file not in self._imported:
            own = _module(file).split(".")
            package = own if file.endswith("/__init__.py") else own[:-1]
            found: dict[str, None] = {}
            for module, name in imports_of(self._corpus, file).values():
                dots = len(module) - len(module.lstrip("."))
                parts = module.lstrip(".").split(".") if module.lstrip(".") else []
                base = [*package[: len(package) - dots + 1], *parts] if dots else parts
                for place in (".".join([*base, name]), ".".join(base)):
                    if place in self._files:
                        found[self._files[place]] = None
                        break
            self._imported[file] = tuple(found)
        return self._imported[file]


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
