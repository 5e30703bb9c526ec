"""What ``validate`` notes beside its checks."""

from pathlib import Path

from hgen.config import load
from hgen.records import Validated
from hgen.runner import done_shards
from hgen.shards import read_shard
from hgen.stages.pipeline import Folders, stage


def test_lazy_agents_choose_among_the_files_that_were_parsed(undisturbed: Path, tmp_path: Path) -> None:
    every = (each for shard in done_shards(undisturbed, "validate") for each in read_shard(shard, Validated))
    solved = next(each for each in every if any(each.baselines.values()))
    parsing_nothing = load(None, ("parse.max_file_bytes=1",))
    work = Folders(out=undisturbed, cache=tmp_path)
    (again,) = stage("validate", parsing_nothing, work).apply(solved.task)
    assert isinstance(again, Validated)
    assert again.checks == solved.checks
    assert not any(again.baselines.values())
