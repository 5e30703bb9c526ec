"""From an import statement to the file that it means, as if Python ran with the nearest import root on its path."""

import sys
from collections.abc import Iterable
from functools import cache

UNCLEAR = "?"
"""What may be found in the repository or outside of it."""


class Finder:
    """Finds modules among the paths of a repository."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = {path for path in paths if path.endswith(".py")}
        self._packages = {path[: -len("__init__.py")].rstrip("/") for path in self.paths if _is_init(path)}
        self._folders = {folder for path in self.paths for folder in _ancestors(path)}
        self._found: dict[tuple[str, str], str | None] = {}
        self._top_roots: dict[str, dict[str, None]] = {}
        for path in sorted(self.paths):
            self._note_root(path)

    def find(self, module: str, importer: str) -> str | None:
        """The path of an absolute module, the folder of a namespace package, ``UNCLEAR``, or None if outside."""
        top = module.partition(".")[0]
        if top not in self._top_roots:
            return None
        key = (module, _folder(importer))
        if key not in self._found:
            self._found[key] = self._search(module, top, importer)
        return self._found[key]

    def near(self, top: str, importer: str) -> bool:
        """Whether a folder around the importer holds a module of this name, found or not."""
        roots = self._top_roots.get(top, {})
        return any(folder in roots for folder in [*_ancestors(importer), ""])

    def relative(self, module: str, level: int, importer: str) -> str | None:
        """The same for a relative import."""
        folder = _folder(importer)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = _folder(folder)
        return self.below(folder, module) if module else self._as_module(folder)

    def below(self, folder: str, module: str) -> str | None:
        """A module below a folder."""
        return self._as_module(_join(folder, module.replace(".", "/")))

    def submodule(self, path: str, name: str) -> str | None:
        """A submodule of a module that was found; modules that are no packages have none."""
        if path.endswith(".py"):
            return self.below(_folder(path), name) if _is_init(path) else None
        return self.below(path, name)

    def _search(self, module: str, top: str, importer: str) -> str | None:
        near = [folder for folder in [*_ancestors(importer), ""] if folder not in self._packages]
        roots = self._top_roots[top]
        if top in standard_modules():
            # Which of the two Python takes depends on how it was started.
            return UNCLEAR if any(root in roots for root in near) else None
        for root in near:
            if root in roots and (found := self.below(root, module)):
                return found
        far = [(root, found) for root in roots if root not in near and (found := self.below(root, module))]
        if len(far) > 1:
            folder = _folder(importer)
            nearest = max(_shared(root, folder) for root, _ in far)
            far = [(root, found) for root, found in far if _shared(root, folder) == nearest]
            fewest = min(root.count("/") for root, _ in far)
            far = [(root, found) for root, found in far if root.count("/") == fewest]
        return far[0][1] if len(far) == 1 else UNCLEAR if far else None

    def _as_module(self, base: str) -> str | None:
        package = _join(base, "__init__.py")
        if package in self.paths:
            return package
        if base + ".py" in self.paths:
            return base + ".py"
        return base if base in self._folders else None

    def _note_root(self, path: str) -> None:
        """Remember under which roots the file's top-level modules can be imported."""
        parts = path[: -len(".py")].split("/")
        for depth in range(len(parts)):
            root = "/".join(parts[:depth])
            if root not in self._packages:
                self._top_roots.setdefault(parts[depth], {})[root] = None


@cache
def standard_modules() -> frozenset[str]:
    """The top-level modules of the standard library."""
    return frozenset(sys.stdlib_module_names)


def absolute(importer: str, path: str, name: str, level: int) -> str:
    """The absolute name of what a module of the standard library imports; ``path`` is the importer's stub."""
    if not level:
        return name
    parts = importer.split(".")
    if path.endswith("__init__.pyi"):
        parts.append("")
    return ".".join(part for part in [*parts[: len(parts) - level], name] if part)


def _is_init(path: str) -> bool:
    return path == "__init__.py" or path.endswith("/__init__.py")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _ancestors(path: str) -> list[str]:
    """The folders around a path, nearest first, without the top."""
    folders = []
    folder = _folder(path)
    while folder:
        folders.append(folder)
        folder = _folder(folder)
    return folders


def _shared(root: str, folder: str) -> int:
    """How many leading parts two folders share."""
    count = 0
    for one, other in zip(root.split("/"), folder.split("/"), strict=False):
        if one != other or not one:
            break
        count += 1
    return count
