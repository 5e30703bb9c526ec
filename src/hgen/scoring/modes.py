"""What lies at a path of a tree, in git's words."""

FILE = "100644"
EXECUTABLE = "100755"
LINK = "120000"
REPOSITORY = "160000"
"""Another repository inside this one."""


def is_file(mode: str) -> bool:
    """Whether a mode, in octal digits, is that of a regular file, executable or not."""
    return int(mode, 8) & 0o170000 == 0o100000
