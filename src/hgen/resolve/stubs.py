"""What the standard library looks like: the stubs of typeshed, from the installed package ``typeshed_client``."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def _folder() -> Path | None:
    spec = find_spec("typeshed_client")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "typeshed"


def stub_source(name: str) -> tuple[str, bytes] | None:
    """The path and text of the stub of a module of the standard library, None if there is none."""
    folder = _folder()
    if folder is None or not all(part.isidentifier() for part in name.split(".")):
        return None
    base = folder.joinpath(*name.split("."))
    for path in (base / "__init__.pyi", base.with_suffix(".pyi")):
        if path.is_file():
            return str(path), path.read_bytes()
    return None
