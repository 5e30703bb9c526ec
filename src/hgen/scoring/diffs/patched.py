"""Files with a patch applied, each read only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.scoring.diffs.applier import apply
from hgen.scoring.diffs.backwards import take_back


class Patched(Mapping[str, bytes]):
    """What a diff makes of some files; raises ``DiffError`` at once if it does not apply."""

    def __init__(self, files: Mapping[str, bytes], patch: str) -> None:
        self._files = files
        self.changed = apply(patch, files) if patch else {}
        """What the diff makes of each path that it touches; None for one that is gone."""

    def __getitem__(self, path: str) -> bytes:
        content = self.changed[path] if path in self.changed else self._files[path]
        if content is None:
            raise KeyError(path)
        return content

    def __contains__(self, path: object) -> bool:
        if isinstance(path, str) and path in self.changed:
            return self.changed[path] is not None
        return path in self._files

    def __iter__(self) -> Iterator[str]:
        kept = (path for path in self._files if path not in self.changed)
        return iter(sorted([*kept, *(path for path, content in self.changed.items() if content is not None)]))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class TakenBack(Patched):
    """What files were before a diff was applied; raises ``DiffError`` at once if it does not lead to them."""

    def __init__(self, files: Mapping[str, bytes], patch: str) -> None:
        super().__init__(files, "")
        self.changed = take_back(patch, files)
