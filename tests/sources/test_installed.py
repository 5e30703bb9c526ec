"""Distributions beside hgen: their source files, whatever the installer did to them."""

from importlib.metadata import version
from pathlib import Path

import pytest

from hgen.errors import Skip
from hgen.sources import fetch
from hgen.sources.installed import Installed


def test_the_source_files_are_taken_and_the_installers_notes_are_not(settings, tmp_path):
    origin = fetch(Installed("Rich"), tmp_path / "tree", settings)
    assert (origin.repo, origin.base_commit) == ("installed:rich", version("rich"))
    files = {path.relative_to(origin.tree).as_posix() for path in origin.tree.rglob("*") if path.is_file()}
    assert "rich/console.py" in files
    assert {Path(file).name for file in files if ".dist-info/" in file} <= {"METADATA", "LICENSE"}
    assert not any(file.endswith(".pyc") for file in files)


def test_compiled_modules_are_left_out(settings, tmp_path):
    origin = fetch(Installed("PyYAML"), tmp_path / "tree", settings)
    assert not list(origin.tree.rglob("*.so"))
    assert list(origin.tree.rglob("*.py"))


def test_what_is_not_installed_is_skipped(settings, tmp_path):
    with pytest.raises(Skip) as skip:
        fetch(Installed("hgen-has-no-such-project"), tmp_path / "tree", settings)
    assert skip.value.reason == "no-such-project"


def test_a_distribution_without_a_list_of_files_is_skipped(settings, tmp_path, monkeypatch):
    bare = tmp_path / "site/bare-1.0.dist-info"
    bare.mkdir(parents=True)
    (bare / "METADATA").write_text("Metadata-Version: 2.1\nName: bare\nVersion: 1.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(Skip) as skip:
        fetch(Installed("bare"), tmp_path / "tree", settings)
    assert skip.value.reason == "no-file-list"
