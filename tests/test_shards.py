"""Shards appear whole or not at all, and a damaged one is named."""

from pathlib import Path

import pytest

from hgen.errors import ShardError
from hgen.records import Reject, Source
from hgen.shards import ShardWriter, file_digest, read_shard, write_whole


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "00000.jsonl"
    records = [Source(spec=text) for text in ("plain", "line\u2028separator", "form\ffeed", "nul\0", "\U0001f600", "ä")]
    with ShardWriter(path) as shard:
        for record in records:
            shard.write(record)
        digest = shard.commit()
    assert list(read_shard(path, Source)) == records
    assert digest == file_digest(path)


def test_a_shard_without_commit_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ShardWriter(tmp_path / "00000.jsonl") as shard:
        shard.write(Source(spec="a"))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_cut_last_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "00000.jsonl"
    write_whole(path, b'{"spec":"a"}\n{"spec":"b"')
    with pytest.raises(ShardError, match=r"00000\.jsonl:2: the last line is cut off"):
        list(read_shard(path, Source))


def test_a_line_of_another_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "00000.jsonl"
    write_whole(path, b'{"spec":"a"}\n{"specs":"b"}\n')
    with pytest.raises(ShardError, match=r"00000\.jsonl:2: not a Source"):
        list(read_shard(path, Source))


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match=r"00000\.jsonl is missing"):
        list(read_shard(tmp_path / "00000.jsonl", Reject))


def test_a_failed_replacement_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reject_about_a_name_that_is_not_unicode_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "00000.rejects.jsonl"
    with ShardWriter(path) as shard:
        shard.write(Reject(source="caf\udce9.py", reason="odd-name", detail="\udce9"))
        shard.commit()
    assert next(read_shard(path, Reject)).source == "caf\\udce9.py"
