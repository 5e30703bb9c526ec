"""The runner's promises, on real folders with small stages."""

import errno
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hgen.errors import SandboxError, ShardError, Skip
from hgen.executors import InProcess
from hgen.records import Record, Reject, Source
from hgen.runner import Stage, Summary, done_shards, read_receipt, run, write_sources
from hgen.shards import read_shard


def shout(record: Source) -> Iterator[Record]:
    """One record for most sources, none for some, and trouble for others."""
    match record.spec:
        case "skip":
            raise Skip("unwanted", "as asked")
        case "reject":
            yield Reject(source="part of it", reason="too-small", detail="1 < 2")
        case "bug":
            yield Source(spec="BEFORE THE BUG")
            raise AssertionError("a bug in hgen")
        case "machine":
            raise SandboxError("no engine answers")
        case "disk":
            raise OSError(errno.ENOSPC, "No space left on device")
    yield Source(spec=record.spec.upper())


STAGE = Stage("shout", "sources", Source, Source, shout, "fingerprint-1")


def run_stage(out: Path, *specs: str, stage: Stage = STAGE, per_shard: int = 2) -> Summary:
    write_sources(out, specs, per_shard)
    return run(stage, out, InProcess(), lambda done, total: None)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if "receipt" not in path.name}


def test_every_input_gives_a_record_or_a_reject(tmp_path: Path) -> None:
    summary = run_stage(tmp_path, "a", "skip", "reject", "b")
    assert (summary.taken, summary.given, dict(summary.rejects)) == (4, 3, {"unwanted": 1, "too-small": 1})
    kept = [record.spec for shard in done_shards(tmp_path, "shout") for record in read_shard(shard, Source)]
    assert kept == ["A", "REJECT", "B"]
    dropped = list(read_shard(tmp_path / "shout/00000.rejects.jsonl", Reject))
    assert dropped == [Reject(source="skip", reason="unwanted", detail="as asked")]


def test_what_is_up_to_date_is_not_done_again(tmp_path: Path) -> None:
    run_stage(tmp_path, "a", "b", "c")
    before = read_receipt(tmp_path / "shout/00000.jsonl")
    summary = run_stage(tmp_path, "a", "b", "c")
    assert (summary.shards, summary.skipped) == (2, 2)
    assert read_receipt(tmp_path / "shout/00000.jsonl") == before


@pytest.mark.parametrize("change", ["input", "fingerprint", "output", "receipt", "version"])
def test_what_changed_is_done_again(tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_stage(tmp_path, "a", "b", "c")
    shard = tmp_path / "shout/00000.jsonl"
    stage, specs = STAGE, ["a", "b", "c"]
    match change:
        case "input":
            specs[0] = "changed"
        case "fingerprint":
            stage = replace(STAGE, fingerprint="fingerprint-2")
        case "output":
            shard.write_bytes(shard.read_bytes()[:-3])
        case "receipt":
            shard.with_suffix(".receipt.json").unlink()
        case "version":
            monkeypatch.setattr("hgen.runner.__version__", "99")
    summary = run_stage(tmp_path, *specs, stage=stage)
    assert summary.shards - summary.skipped == (2 if change in {"fingerprint", "version"} else 1)
    assert next(read_shard(shard, Source)).spec == specs[0].upper()


@pytest.mark.parametrize("trouble", ["machine", "disk"])
def test_a_broken_machine_leaves_the_shard_undone_and_the_others_done(tmp_path: Path, trouble: str) -> None:
    summary = run_stage(tmp_path, "a", trouble, "c", "d")
    assert summary.failed
    assert len(summary.failures) == 1
    assert "shout/00000.jsonl is undone" in summary.failures[0]
    assert not summary.rejects
    assert sorted(contents(tmp_path / "shout")) == ["00001.jsonl", "00001.rejects.jsonl"]
    with pytest.raises(ShardError):
        run(Stage("next", "shout", Source, Source, shout, ""), tmp_path / "x", InProcess(), lambda done, total: None)


def test_a_stale_shard_is_not_taken_for_a_done_one(tmp_path: Path) -> None:
    run_stage(tmp_path, "a", "b")
    run_stage(tmp_path, "a", "machine")
    with pytest.raises(ShardError, match="unfinished"):
        done_shards(tmp_path, "shout")


def test_a_bug_costs_one_record_fails_the_run_and_is_tried_again(tmp_path: Path) -> None:
    summary = run_stage(tmp_path, "bug", "b")
    assert summary.failed
    reject = next(read_shard(tmp_path / "shout/00000.rejects.jsonl", Reject))
    assert reject.reason == "bug"
    assert "AssertionError: a bug in hgen" in reject.detail
    assert run_stage(tmp_path, "bug", "b").skipped == 0


def test_a_damaged_input_is_refused_by_name(tmp_path: Path) -> None:
    run_stage(tmp_path, "a", "b")
    shard = tmp_path / "shout/00000.jsonl"
    shard.write_bytes(shard.read_bytes() + b'{"spec":"smuggled"}\n')
    with pytest.raises(ShardError, match="damaged"):
        done_shards(tmp_path, "shout")


def test_what_a_killed_run_left_is_swept_away(tmp_path: Path) -> None:
    run_stage(tmp_path, "a", "b", "c", "d")
    (tmp_path / "shout/.00000.jsonl.123.tmp").write_bytes(b"half")
    run_stage(tmp_path, "a", "b")
    assert sorted(contents(tmp_path / "shout")) == ["00000.jsonl", "00000.rejects.jsonl"]


def test_undoing_and_redoing_gives_the_same_bytes(tmp_path: Path) -> None:
    run_stage(tmp_path, "a", "skip", "c")
    before = contents(tmp_path / "shout")
    for path in (tmp_path / "shout").iterdir():
        path.unlink()
    run_stage(tmp_path, "a", "skip", "c")
    assert contents(tmp_path / "shout") == before
