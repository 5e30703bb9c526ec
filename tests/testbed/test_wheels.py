"""Where wheels are kept."""

from pathlib import Path
from typing import Any

import pytest

from hgen.errors import ShardError
from hgen.records import Wheel
from hgen.testbed.environment.wheels import Wheelhouse

SHA256 = "0" * 64
NAME = "a-1-py3-none-any.whl"


def test_rows_from_elsewhere_name_no_paths(tmp_path: Path) -> None:
    unused: Any = None
    house = Wheelhouse(unused, tmp_path)
    assert house.path(Wheel(name=NAME, sha256=SHA256)) == tmp_path / "wheels" / SHA256 / NAME
    for name, sha256 in ((f"/{NAME}", SHA256), (f"../{NAME}", SHA256), (NAME, "../.."), (NAME, ""), ("..", SHA256)):
        with pytest.raises(ShardError, match="is no wheel"):
            house.path(Wheel(name=name, sha256=sha256))
