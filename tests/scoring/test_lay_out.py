"""Trees are laid out freshly, and what lay at their place comes back."""

import os
from pathlib import Path

import pytest

from hgen.scoring.standalone import lay_out
from hgen.scoring.verdicts import NoVerdict


def listing(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


def test_a_tree_lies_at_its_place_only_while_it_is_needed(tmp_path: Path) -> None:
    place = tmp_path / "work/repo"
    (place / "inner").mkdir(parents=True)
    (place / "inner/a.py").write_text("agent")
    (place / "link").symlink_to("/etc")
    before = listing(tmp_path)
    with lay_out.folders(str(place), None) as (tree, job, scratch):
        assert tree == place
        lay_out.lay(tree, {"x/y.py": b"y", "run": b"#!"}, executable={"run"}, links={"x/l": "y.py"}, owner=None)
        assert (place / "x/l").read_bytes() == b"y"
        assert os.access(place / "run", os.X_OK)
        assert not os.access(place / "x/y.py", os.X_OK)
        assert not (place / "inner").exists()
        (scratch / "left").write_text("behind")
        (tree / "x").chmod(0)
    assert listing(tmp_path) == before
    assert not job.exists()
    assert not scratch.exists()


def test_a_place_that_was_not_there_is_gone_again(tmp_path: Path) -> None:
    with lay_out.folders(str(tmp_path / "new/repo"), None) as (tree, _, _):
        assert not any(tree.iterdir())
    assert not any(tmp_path.iterdir())


def test_a_tree_without_a_place_has_nothing_above_it_that_configures_pytest(tmp_path: Path) -> None:
    with lay_out.folders("", None) as (tree, _, scratch):
        assert (tree.parent / "pytest.ini").exists()
        assert tree.parent not in scratch.parents
    assert not tree.exists()


def test_a_place_that_cannot_be_cleared_stays_as_it_is(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        place = Path("/proc/self")
    else:
        (tmp_path / "work/repo").mkdir(parents=True)
        (tmp_path / "work").chmod(0o555)
        place = tmp_path / "work/repo"
    with pytest.raises(NoVerdict, match="must be free"), lay_out.folders(str(place), None):
        pass
    assert place.exists()
    (tmp_path / "work").exists() and (tmp_path / "work").chmod(0o755)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a//b", "a/../../x", "."])
def test_nothing_is_written_outside(path: str, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    with pytest.raises(NoVerdict):
        lay_out.lay(tmp_path / "tree", {path: b""}, executable=(), links={}, owner=None)
    assert [entry.name for entry in tmp_path.rglob("*")] == ["tree"]
