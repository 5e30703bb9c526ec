"""The stage ``export``: from the shards of ``validate`` to finished folders."""

import json

import pytest

from hgen.config import Config
from hgen.errors import ConfigError, ShardError
from hgen.stages.export import export
from tests.command import hgen
from tests.export.stored import store


@pytest.fixture
def out(finish, validated, tmp_path):
    finish(tmp_path, "validate", 0, [validated(number) for number in range(5)])
    finish(tmp_path, "validate", 1, [])
    finish(tmp_path, "validate", 2, [validated(number, "func-localize") for number in range(3)])
    (tmp_path / "snapshots").symlink_to(store())
    return tmp_path


def run(out, *formats):
    seen = []
    summaries = export(out, formats, Config(), progress=lambda done, total: seen.append((done, total)))
    return summaries, seen


def test_each_format_gets_its_folder_and_progress_counts_all_readings(out):
    summaries, seen = run(out, "hf", "jsonl")
    assert [summary.folder for summary in summaries] == [out / "export" / "hf", out / "export" / "jsonl"]
    assert [summary.tasks for summary in summaries] == [{"dep-search": 5, "func-localize": 3}] * 2
    assert seen == [(done, 16) for done in range(1, 17)]


def test_shards_are_exported_in_their_order(out):
    run(out, "jsonl")
    lines = (out / "export" / "jsonl" / "dep_search.jsonl").read_text().split("\n")[:-1]
    assert [json.loads(line)["instance_id"] for line in lines] == [f"dep-search-{number:06d}" for number in range(5)]


def test_a_task_that_comes_twice_is_exported_once_and_counted(out, finish, validated):
    finish(out, "validate", 3, [validated(2), validated(7)])
    summaries, _ = run(out, "jsonl", "hf")
    assert [summary.repeated for summary in summaries] == [1, 1]
    assert [summary.tasks["dep-search"] for summary in summaries] == [6, 6]


def test_an_unknown_format_fails_before_anything_is_written(out):
    with pytest.raises(ConfigError, match="unknown format 'csv'"):
        run(out, "jsonl", "csv")
    assert not (out / "export").exists()


def test_no_sound_task_is_said_and_keeps_the_earlier_export(out, finish):
    run(out, "jsonl")
    for number in (0, 2):
        finish(out, "validate", number, [])
    with pytest.raises(ConfigError, match="no sound task"):
        run(out, "jsonl")
    assert (out / "export" / "jsonl" / "dep_search.jsonl").exists()


def test_an_unfinished_or_damaged_shard_stops_the_export(out):
    shard = out / "validate" / "00002.jsonl"
    shard.write_bytes(shard.read_bytes()[:-20])
    with pytest.raises(ShardError, match=r"00002\.jsonl is damaged"):
        run(out, "jsonl")
    (out / "validate" / "00002.receipt.json").unlink()
    with pytest.raises(ShardError, match=r"00002\.jsonl is unfinished"):
        run(out, "jsonl")


@pytest.mark.parametrize("exported_before", [True, False])
def test_force_moves_what_no_export_wrote_aside_and_deletes_nothing(exported_before, out):
    (out / ".hgen").touch()
    folder = out / "export" / "jsonl"
    if exported_before:
        run(out, "jsonl")
    for number in (1, 2):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "thesis.tex").write_text(f"years of work {number}")
        before = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        refused = hgen("export", "-o", out, "--format", "jsonl")
        assert refused.returncode == 2
        assert "thesis.tex; move it away, or have `hgen export --force` move it aside" in refused.stderr
        forced = hgen("export", "-o", out, "--format", "jsonl", "--force")
        assert forced.returncode == 0, forced.stderr
        aside = out / "export" / f"jsonl.before-{number}"
        assert f"{folder} held what no export wrote; all of it is in {aside}" in forced.stderr
        assert {path.relative_to(aside): path.read_bytes() for path in aside.rglob("*") if path.is_file()} == before
        assert not (folder / "thesis.tex").exists()
        assert (folder / "dep_search.jsonl").exists()


def test_force_moves_files_and_links_aside_and_leaves_an_export_where_it_is(out, tmp_path):
    run(out, "jsonl")
    (out / "export" / "hf").write_text("a file")
    (out / "export" / ".hf.old").symlink_to("elsewhere")
    jsonl, hf = export(out, ("jsonl", "hf"), Config(), force=True, progress=lambda done, total: None)
    assert jsonl.moved_aside == ()
    assert [path.name for path in hf.moved_aside] == ["hf.before-1", "hf.before-2"]
    assert hf.moved_aside[0].readlink().name == "elsewhere"
    assert hf.moved_aside[1].read_text() == "a file"
    assert (out / "export" / "hf" / "README.md").exists()
