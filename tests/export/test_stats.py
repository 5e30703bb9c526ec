"""What ``hgen stats`` says of an out directory."""

import io
import json

import pytest
from rich.console import Console

from hgen.errors import ConfigError
from hgen.pages.stats import render, stats, to_json
from hgen.records import Reject, Source


def silent(done, total):
    pass


def page(out) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(render(stats(out, silent)))
    return console.file.getvalue()


@pytest.fixture
def out(finish, validated, tmp_path):
    rejects = [Reject(source="x", reason=reason, detail="") for reason in ("too-easy", "leak", "leak")]
    finish(tmp_path, "mine", 0, [Source(spec="pypi:a")] * 2)
    finish(tmp_path, "synth", 0, [validated(number).task for number in range(4)], rejects)
    finish(tmp_path, "synth", 1, [validated(4).task], rejects[1:])
    tasks = [validated(number, ("dep-search", "func-localize")[number % 2]) for number in range(10)]
    finish(tmp_path, "validate", 0, tasks[:6])
    finish(tmp_path, "validate", 1, tasks[6:])
    return tmp_path


def test_stages_add_up_their_receipts(out):
    stages = to_json(stats(out, silent))["stages"]
    assert list(stages) == ["mine", "synth", "validate"]
    assert stages["synth"] == {"shards": 2, "in": 10, "out": 5, "rejects": {"leak": 4, "too-easy": 1}, "seconds": 1.0}


def test_families_count_their_tasks(out):
    found = json.loads(json.dumps(to_json(stats(out, silent))))
    family = found["families"]["dep-search"]
    assert (family["tasks"], family["variants"], family["repositories"]) == (5, {"default": 5}, 3)
    assert family["difficulty"]["dependencies"] == {"0": 1, "1": 1, "2": 1, "3": 1, "4": 1}
    assert family["baselines"]["rarest-word"] == {"tried": 5, "solved": 1}
    assert sum(repository["tasks"] for repository in found["repositories"]) == sum(found["licenses"].values()) == 10


def test_the_page_shows_reasons_rates_and_licences(out):
    shown = page(out)
    assert "leak 4, too-easy 1" in shown
    assert "20.0%" in shown
    assert "MIT OR Apache-2.0" in shown


def test_brackets_are_not_markup(out, finish, validated):
    finish(out, "validate", 2, [validated(1, repo="local:[red]x[/bold]")])
    assert "local:[red]x[/bold]" in page(out)


def test_unfinished_shards_are_passed_over(out):
    (out / "validate" / "00001.receipt.json").unlink()
    assert to_json(stats(out, silent))["families"]["dep-search"]["tasks"] == 3


def test_a_run_that_got_no_further_than_mining_has_stats(out, finish, tmp_path):
    finish(tmp_path / "early", "mine", 0, [Source(spec="pypi:a")])
    assert to_json(stats(tmp_path / "early", silent))["families"] == {}
    assert "Sound tasks" not in page(tmp_path / "early")


def test_progress_counts_shards(out):
    seen = []
    stats(out, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_an_empty_folder_is_the_users_to_fill(tmp_path):
    with pytest.raises(ConfigError, match="run `hgen mine` or `hgen run` first"):
        stats(tmp_path / "nothing", silent)
