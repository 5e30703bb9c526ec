"""What the standard library looks like: the stubs of typeshed, from the package ``typeshed-client``."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def _folder() -> str:
    # Importing the package would cost more than reading the stubs of a small repository.
    spec = find_spec("typeshed_client")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).with_name("typeshed"))


def stub_source(name: str) -> tuple[str, bytes] | None:
    """The path and text of the stub of a module of the standard library, None if there is none."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    base = "/".join([_folder(), *parts])
    for path in (f"{base}/__init__.pyi", f"{base}.pyi"):
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - half of these files are missing, and a Path costs more
                return path, file.read()
        except (FileNotFoundError, NotADirectoryError):
            continue
    return None
