"""Folders that are not hgen's, and files in its folders that it has not written, stay as they are."""

import shutil
from pathlib import Path

import pytest

from hgen.config import MineConfig, dump, load, parse
from hgen.errors import ConfigError
from hgen.executors import InProcess
from hgen.export.folders import whole_folder
from hgen.out_folder import write_settings
from hgen.runner import run, write_sources
from hgen.scratch import scratch
from hgen.sources.files import read_files
from tests.command import hgen
from tests.test_runner import STAGE

MINE = ("mine", "installed:rich")
COMMANDS = [MINE, ("parse",), ("build",), ("synth",), ("validate",), ("export",), ("run", "-c", "configs/offline.yaml")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_folder_with_somebodys_files_is_refused_and_stays_as_it_is(command: tuple[str, ...], tmp_path: Path) -> None:
    ours = {"mine/thesis.tex": "years of work", "config.yaml": "my: own", "sources/00000.jsonl": "{}"}
    for name, text in ours.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = hgen(*command, "-o", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"hgen: {tmp_path} is not empty and no out folder of hgen")
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == set(ours)
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in ours} == ours


def test_a_file_is_no_out_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    done = hgen(*MINE, "-o", tmp_path / "out")
    assert (done.returncode, done.stderr) == (
        2,
        f"hgen: {tmp_path / 'out'} is not a folder; choose another\n",
    )


def test_the_folder_of_an_earlier_hgen_is_taken_up_once_its_owner_says_so(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    (out / ".hgen").unlink()
    refused = hgen("synth", "-o", out)
    assert refused.returncode == 2
    assert f"touch {out / '.hgen'}" in refused.stderr
    for command in ("stats", "show"):
        assert hgen(command, "-o", out).returncode == 0
    (out / ".hgen").touch()
    assert hgen("export", "--format", "jsonl", "-o", out).returncode == 0


def test_what_somebody_put_beside_shards_stays(tmp_path: Path) -> None:
    def make(*specs: str) -> None:
        write_sources(tmp_path, specs, 2)
        run(STAGE, tmp_path, InProcess(), lambda done, total: None)

    make("a", "b", "c")
    theirs = {
        tmp_path / folder / name
        for folder in ("sources", "shout")
        for name in ("thesis.tex", "notes.jsonl", "2026.jsonl", "7-best.jsonl", ".draft.tmp", "00001.jsonl.bak")
    }
    for path in theirs:
        path.write_text("mine", encoding="utf-8")
    (tmp_path / "shout/plots").mkdir()
    (tmp_path / "shout/.00000.jsonl.123.tmp").write_bytes(b"half")
    make("a")
    left = {path for folder in ("sources", "shout") for path in (tmp_path / folder).iterdir()}
    names = {"00000.jsonl", "00000.rejects.jsonl", "00000.receipt.json", "plots"}
    assert left == theirs | {tmp_path / "shout" / name for name in names} | {tmp_path / "sources/00000.jsonl"}


def test_the_settings_of_a_run_are_replaced_only_as_hgen_wrote_them(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    for seed in (1, 2):
        write_settings(tmp_path, dump(parse({"synth": {"seed": seed}})))
        assert load(file) == parse({"synth": {"seed": seed}})
    written = file.read_text(encoding="utf-8")
    for theirs in ("my: own\n", f"{written}# why this seed\n", written.replace("seed: 2", "seed: 3"), ""):
        file.write_text(theirs, encoding="utf-8")
        with pytest.raises(ConfigError, match="is not as hgen wrote it"):
            write_settings(tmp_path, dump(parse({})))
        assert file.read_text(encoding="utf-8") == theirs


def test_somebodys_configuration_in_an_out_folder_stays(tmp_path: Path) -> None:
    (tmp_path / ".hgen").touch()
    (tmp_path / "config.yaml").write_text("my: own\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    done = hgen(*MINE, "-o", tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"hgen: {tmp_path / 'config.yaml'} is not as hgen wrote it, which would replace it; move it away\n",
    )
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == "my: own\n"


def test_what_comes_into_an_exports_folder_while_it_is_written_stops_it(tmp_path: Path) -> None:
    folder = tmp_path / "jsonl"
    with whole_folder(folder, "jsonl") as new:
        (new / "a.jsonl").write_text("1", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"such as notes\.txt"), whole_folder(folder, "jsonl") as new:
        (new / "a.jsonl").write_text("2", encoding="utf-8")
        (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (folder / "a.jsonl").read_text(encoding="utf-8") == "1"


@pytest.mark.parametrize("name", ["thesis", "hgen-thesis", ".hgen-thesis", ".hgen-abcd1234/work"])
def test_somebodys_folder_beside_those_to_work_in_stays(name: str, tmp_path: Path) -> None:
    """``HGEN_CACHE`` may name a folder in which there is a ``work`` already, and somebody's folder any name."""
    theirs = tmp_path / "work" / name / "thesis.tex"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine", encoding="utf-8")
    (tmp_path / "work/.hgen-notes.txt").write_text("mine", encoding="utf-8")
    before = sorted((tmp_path / "work").rglob("*"))
    with scratch(tmp_path / "work"):
        pass
    assert sorted((tmp_path / "work").rglob("*")) == before


EMPTY = [
    ("deps", ""),
    ("mine", ""),
    ("show", ""),
    ("export", "--hf-push", ""),
    ("export", "--hf-push="),
    (*MINE, "-o", ""),
    (*MINE, "--out="),
    ("validate", "--sandbox", ""),
]


@pytest.mark.parametrize("command", EMPTY, ids=" ".join)
def test_an_empty_argument_is_refused_before_anything_is_done(command: tuple[str, ...]) -> None:
    done = hgen(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hgen: an argument is empty: ")
    assert done.stderr.count("\n") == 1


def test_a_key_may_be_set_to_nothing(tmp_path: Path) -> None:
    for assignment in (("--set", "export.formats="), ("--set=export.formats=",)):
        done = hgen(*MINE, *assignment, "-o", tmp_path)
        assert (done.returncode, "configuration key export.formats" in done.stderr) == (2, True)


def test_no_source_is_not_the_current_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'' is no source"):
        read_files("", MineConfig(), store=tmp_path, cache=tmp_path, max_bytes=9)
