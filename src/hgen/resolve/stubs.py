"""What the standard library looks like: the stubs of typeshed, from the package ``typeshed-client``."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@cache
def _folder() -> Traversable:
    return files("typeshed_client").joinpath("typeshed")


def stub_source(name: str) -> tuple[str, bytes] | None:
    """The path and text of the stub of a module of the standard library, None if there is none."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    base = _folder().joinpath(*parts[:-1])
    package, module = base.joinpath(parts[-1], "__init__.pyi"), base.joinpath(f"{parts[-1]}.pyi")
    for path in (package, module):
        if path.is_file():
            return str(path), path.read_bytes()
    return None
