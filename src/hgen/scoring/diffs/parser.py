"""Unified diffs read as ``git apply`` reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hgen.scoring.diffs import paths
from hgen.scoring.diffs.values import DiffError, FilePatch, Hunk

_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_MODE = re.compile(rb"[0-7]{1,7}(?=\s|$)")
_INDEX = re.compile(rb"index [^. ]*\.\.[^ ]* (.*)")
_LAST_SPACE = re.compile(rb" (?=[^ ])")
_NULL = b"/dev/null"
_MAX_SPACES = 200
"""In two file names without quotes, each of which may be where the second one begins."""


def parse(text: str, *, prefixed: bool = True) -> tuple[FilePatch, ...]:
    """Read a diff, git's or a traditional one; what stands between its files is ignored, as git ignores it.

    Where names are ``prefixed``, the first folder of each is no part of it (``a/``, ``b/``), as ``git apply`` has it.

    Stricter than git in one thing: where a hunk's header promises fewer lines than follow, git drops the others
    silently; here that is an error. Raises ``DiffError`` for a damaged diff and for one that holds no file.
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise DiffError("the diff holds characters that no file can hold") from None
    lines = raw.split(b"\n")
    if not lines[-1].startswith(b"\\ "):
        # What follows the last newline: nothing, or a line cut short that no hunk may use.
        lines.pop()
    patches = tuple(_Reader(lines, prefixed=prefixed).patches())
    if not patches:
        raise DiffError("no file header (diff --git, or --- and +++) found")
    return patches


@dataclass
class _Header:
    """The extended header lines of one file, as they come."""

    default: bytes | None = None
    change: str = "modify"
    names: dict[str, bytes] = field(default_factory=dict)
    old_mode: str | None = None
    new_mode: str | None = None
    lines: int = 0


class _Reader:
    """A position in the lines of a diff."""

    def __init__(self, lines: list[bytes], *, prefixed: bool) -> None:
        self.lines = lines
        self.at = 0
        self.strip: bool | None = None if prefixed else False
        """Whether names carry a first folder to drop (``a/``, ``b/``), as git does unless the first names have none."""

    def patches(self) -> list[FilePatch]:
        found = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.startswith(b"diff --git "):
                found.extend(self._git_patch())
            elif line.startswith(b"--- ") and self._peek(1).startswith(b"+++ ") and self._peek(2)[:4] == b"@@ -":
                found.append(self._traditional_patch())
            elif _HUNK.match(line):
                raise self._error("hunk without a file header")
            else:
                self.at += 1
        return found

    def _git_patch(self) -> list[FilePatch]:
        start = self.at
        header = self._header()
        if not header.lines:
            return []
        binary = self._skip_binary()
        hunks = self._hunks()
        if not hunks and not binary and header.change == "modify" and not _changes_mode(header):
            raise DiffError(f"line {start + 1}: file header without any change")
        patch = _file_patch(header, binary, hunks)
        _check_sides(patch, start + 1)
        return [patch]

    def _header(self) -> _Header:
        names = self.lines[self.at][len(b"diff --git ") :]
        header = _Header(default=_common_name(names, strip=self.strip is not False))
        self.at += 1
        while self.at < len(self.lines) and self._header_line(header, self.lines[self.at]):
            self.at += 1
            header.lines += 1
        return header

    def _header_line(self, header: _Header, line: bytes) -> bool:
        """Take up one header line; false if it is none."""
        for prefix, side in ((b"--- ", "old"), (b"+++ ", "new")):
            if line.startswith(prefix):
                name = paths.read_name(line[4:])
                self._name(header, side, name if name == _NULL else self._stripped(name))
                return True
        for prefix, change, side in _MOVES:
            if line.startswith(prefix):
                self._change(header, change)
                self._name(header, side, paths.read_name(line[len(prefix) :]))
                return True
        for prefix, change, side in _MODES:
            if line.startswith(prefix):
                self._change(header, change)
                self._mode(header, side, line[len(prefix) :])
                if change != "modify" and header.default is not None:
                    header.names[side] = header.default
                return True
        if match := _INDEX.match(line):
            self._mode(header, "old", match.group(1))
        return line.startswith((b"index ", b"similarity index ", b"dissimilarity index "))

    def _change(self, header: _Header, change: str) -> None:
        if change != "modify" and header.change not in ("modify", change):
            raise self._error(f"a file cannot be both {header.change} and {change}")
        if change != "modify":
            header.change = change

    def _name(self, header: _Header, side: str, name: bytes) -> None:
        if header.names.setdefault(side, name) != name:
            raise self._error(f"inconsistent file name {paths.show(name)}")

    def _mode(self, header: _Header, side: str, text: bytes) -> None:
        match = _MODE.match(text)
        if not match:
            raise self._error(f"invalid mode {paths.show(text)}")
        mode = match.group().decode().zfill(6) if match.group().strip(b"0") else None
        if side == "old":
            header.old_mode = mode
        else:
            header.new_mode = mode

    def _stripped(self, name: bytes) -> bytes:
        return name if self.strip is False else paths.strip_prefix(name)

    def _skip_binary(self) -> bool:
        line = self._peek(0)
        if line.startswith(b"GIT binary patch"):
            # Base 85 lines, blocks separated by blank lines: none of them can look like a header.
            while self.at < len(self.lines) and not self._peek(0).startswith((b"diff --git ", b"--- ")):
                self.at += 1
            return True
        if line.startswith((b"Binary files ", b"Files ")) and line.rstrip().endswith(b" differ"):
            self.at += 1
            return True
        return False

    def _traditional_patch(self) -> FilePatch:
        start = self.at + 1
        headers = self._peek(0)[4:], self._peek(1)[4:]
        old, new = (paths.read_dated_name(header) for header in headers)
        if self.strip is None and b"/" not in new:
            self.strip = False
        if self.strip is not False and b"/" not in old and new != _NULL:
            old = new
        old, new = (name if name == _NULL else self._stripped(name) for name in (old, new))
        self.at += 2
        change = "modify"
        if old == _NULL or (new != _NULL and paths.is_epoch(headers[0])):
            change = "add"
        elif new == _NULL or paths.is_epoch(headers[1]):
            change = "delete"
        path = paths.checked(old if new == _NULL or (old != _NULL and new.startswith(old)) else new)
        patch = FilePatch(change, path, path, None, None, binary=False, hunks=self._hunks())
        _check_sides(patch, start)
        return patch

    def _hunks(self) -> tuple[Hunk, ...]:
        hunks = []
        while self._peek(0).startswith(b"@@ -"):
            hunks.append(self._hunk())
        return tuple(hunks)

    def _hunk(self) -> Hunk:
        match = _HUNK.match(self._peek(0))
        if not match:
            raise self._error("damaged hunk header")
        old_start, old_left, new_start, new_left = (1 if number is None else int(number) for number in match.groups())
        self.at += 1
        lines: list[bytes] = []
        while old_left or new_left:
            sign = self._next_hunk_line(lines)
            old_left -= sign in b" -"
            new_left -= sign in b" +"
            if min(old_left, new_left) < 0:
                raise self._error("hunk has other lines than its header promises")
        self._no_newline(lines)
        if not any(line[:1] != b" " for line in lines):
            raise self._error("hunk without any change")
        self._check_hunk_ended()
        _check_newlines(lines, self.at)
        return Hunk(old_start, new_start, tuple(lines))

    def _next_hunk_line(self, lines: list[bytes]) -> bytes:
        """Append the next line of a hunk and return its sign."""
        self._no_newline(lines)
        if self.at >= len(self.lines):
            raise self._error("hunk cut short")
        # A context line that is empty may have lost its space, as GNU diff writes it.
        line = self.lines[self.at] or b" "
        if line[:1] not in (b" ", b"-", b"+"):
            raise self._error(f"{paths.show(line)} inside a hunk: its header promises more lines")
        lines.append(line + b"\n")
        self.at += 1
        return line[:1]

    def _no_newline(self, lines: list[bytes]) -> None:
        while lines and self._peek(0).startswith(b"\\ "):
            lines[-1] = lines[-1].rstrip(b"\n")
            self.at += 1

    def _check_hunk_ended(self) -> None:
        line = self._peek(0)
        if line.startswith((b"+", b" ")) or (line.startswith(b"-") and not line.startswith((b"-- ", b"--- "))):
            raise self._error("hunk has more lines than its header promises")

    def _peek(self, offset: int) -> bytes:
        return self.lines[self.at + offset] if self.at + offset < len(self.lines) else b""

    def _error(self, message: str) -> DiffError:
        return DiffError(f"line {self.at + 1}: {message}")


_MOVES = (
    (b"rename from ", "rename", "old"),
    (b"rename to ", "rename", "new"),
    (b"rename old ", "rename", "old"),
    (b"rename new ", "rename", "new"),
    (b"copy from ", "copy", "old"),
    (b"copy to ", "copy", "new"),
)
_MODES = (
    (b"old mode ", "modify", "old"),
    (b"new mode ", "modify", "new"),
    (b"deleted file mode ", "delete", "old"),
    (b"new file mode ", "add", "new"),
)


def _changes_mode(header: _Header) -> bool:
    return header.old_mode is not None and header.new_mode is not None and header.old_mode != header.new_mode


def _common_name(text: bytes, *, strip: bool) -> bytes | None:
    """The name in ``a/name b/name``, which may hold spaces; None if the two differ."""
    if len(text) > 4 * paths.MAX_PATH or text.count(b" ") > _MAX_SPACES:
        return None
    quoted = paths.read_quoted(text)
    if quoted:
        pairs = [(quoted[0], paths.read_name(quoted[1].lstrip(b" ")))]
    else:
        text = text.rstrip(b"\r")
        pairs = [(text[: space.start()], paths.read_name(text[space.end() :])) for space in _LAST_SPACE.finditer(text)]
    for pair in pairs:
        first, second = (name.partition(b"/")[2] if strip else name for name in pair)
        if first and first == second:
            return first
    return None


def _file_patch(header: _Header, binary: bool, hunks: tuple[Hunk, ...]) -> FilePatch:
    change, names = header.change, header.names
    if change not in ("add", "delete") and len(names) == 1:
        raise DiffError("git file header with only one of its two file names")
    if change == "modify":
        # Where no line says that a file comes or goes, git drops the first folder of this name as of any other.
        names = {side: name[1:] if name == _NULL else name for side, name in names.items()}
    old, new = (names.get(side, header.default) for side in ("old", "new"))
    if change == "add" and names.get("old", _NULL) == _NULL:
        old = new
    if change == "delete" and names.get("new", _NULL) == _NULL:
        new = old
    if old is None or new is None or _NULL in (old, new) or (change in ("add", "delete") and old != new):
        raise DiffError("git file header without consistent file names")
    if change == "modify" and old != new:
        change = "rename"
    return FilePatch(change, paths.checked(old), paths.checked(new), header.old_mode, header.new_mode, binary, hunks)


def _check_sides(patch: FilePatch, line: int) -> None:
    if patch.change == "add" and any(hunk.before for hunk in patch.hunks):
        raise DiffError(f"line {line}: new file {patch.new_path} depends on old contents")
    if patch.change == "delete" and any(hunk.after for hunk in patch.hunks):
        raise DiffError(f"line {line}: deleted file {patch.old_path} still has contents")


def _check_newlines(lines: list[bytes], at: int) -> None:
    for signs in (b" -", b" +"):
        side = [line for line in lines if line[:1] in signs]
        if any(not line.endswith(b"\n") for line in side[:-1]):
            raise DiffError(f"line {at}: a line without newline is not the last one")
