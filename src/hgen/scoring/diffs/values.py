"""What a diff says, as values: patched files, their hunks, and known line edits."""

from __future__ import annotations

from dataclasses import dataclass


class DiffError(ValueError):
    """A diff is damaged or does not apply; the message says where and why."""


@dataclass(frozen=True)
class Hunk:
    """One run of changed lines with its context; line numbers are 1-based as in the diff."""

    old_start: int
    new_start: int
    lines: tuple[bytes, ...]
    """Each begins with a space, ``-`` or ``+`` and ends with a newline, unless the file's last line has none."""

    @property
    def before(self) -> list[bytes]:
        """The lines that must be there."""
        return [line[1:] for line in self.lines if line[:1] != b"+"]

    @property
    def after(self) -> list[bytes]:
        """The lines that replace them."""
        return [line[1:] for line in self.lines if line[:1] != b"-"]

    @property
    def has_context(self) -> bool:
        """Whether a line is shown that stays."""
        return any(line[:1] == b" " for line in self.lines)

    @property
    def ends_in_context(self) -> bool:
        """Whether the last line is context; if not, git demands that the hunk ends at the file's end."""
        return self.lines[-1][:1] == b" "


@dataclass(frozen=True)
class FilePatch:
    """What a diff does to one file."""

    change: str
    """``modify``, ``add``, ``delete``, ``rename`` or ``copy``."""
    old_path: str
    """For ``add``, the same as ``new_path``; so is ``new_path`` for ``delete``."""
    new_path: str
    old_mode: str | None
    """Octal digits, if the diff says."""
    new_mode: str | None
    binary: bool
    hunks: tuple[Hunk, ...]

    @property
    def mode_changed(self) -> bool:
        """Whether an existing file gets a mode that is not the one the diff says it has."""
        return self.new_mode is not None and self.old_mode != self.new_mode


@dataclass(frozen=True)
class Edit:
    """Replace lines ``first_line`` to ``last_line`` (1-based, inclusive) by ``lines``.

    With ``last_line == first_line - 1`` nothing is replaced: the lines are inserted before ``first_line``. Lines come
    without their newline, and with their carriage return in a file that has them.
    """

    first_line: int
    last_line: int
    lines: tuple[bytes, ...]


def split_lines(content: bytes) -> list[bytes]:
    """Split after newlines only, as git does, keeping them."""
    lines = [line + b"\n" for line in content.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
