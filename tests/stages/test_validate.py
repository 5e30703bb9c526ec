"""What ``validate`` notes beside its checks."""

from pathlib import Path

import pytest

from hgen.config import load
from hgen.records import Validated
from hgen.runner import done_shards
from hgen.shards import read_shard
from hgen.stages.pipeline import Folders, stage
from tests.command import hgen


def test_lazy_agents_choose_among_the_files_that_were_parsed(undisturbed: Path, tmp_path: Path) -> None:
    every = (each for shard in done_shards(undisturbed, "validate") for each in read_shard(shard, Validated))
    solved = next(each for each in every if any(each.baselines.values()))
    parsing_nothing = load(None, ("parse.max_file_bytes=1",))
    work = Folders(out=undisturbed, cache=tmp_path)
    (again,) = stage("validate", parsing_nothing, work).apply(solved.task)
    assert isinstance(again, Validated)
    assert again.checks == solved.checks
    assert not any(again.baselines.values())


@pytest.mark.parametrize(
    ("codec", "text"),
    [("latin-1", "café"), ("shift_jis", "カフェ表"), ("gb18030", "咖啡馆"), ("euc_jp", "喫茶店")],
)
def test_a_subject_is_read_in_the_encoding_that_its_file_declares(codec: str, text: str, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "LICENSE").write_bytes((Path(__file__).parents[2] / "LICENSE").read_bytes())
    (root / "weights.py").write_text("def weigh_crate(crate):\n    return crate * 2\n", encoding="utf-8")
    (root / "prices.py").write_text("def quote_price(weight):\n    return weight + 1\n", encoding="utf-8")
    (root / "orders.py").write_text(
        f"# coding: {codec}\nfrom prices import quote_price\nfrom weights import weigh_crate\n\n\n"
        f'def place_order(crate):\n    """Take an order."""\n    note = "{text}"\n'
        "    return note, quote_price(weigh_crate(crate))\n",
        encoding=codec,
    )
    settings = ["--set", f"mine.sources=[{root}]", "--set", "synth.max_lazy=1"]
    done = hgen("run", "-o", tmp_path / "out", *settings, "-j", "1")
    assert done.returncode == 0, done.stderr
    (shard,) = done_shards(tmp_path / "out", "validate")
    (found,) = read_shard(shard, Validated)
    assert found.task.subject is not None
    assert found.task.subject.qualname == "place_order"
    assert found.baselines["same-name"]
