"""Tasks that a language model describes, made as a user makes them, with a stand-in for the model."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from hgen.records import Task
from hgen.shards import read_shard
from tests.command import HGEN, environment
from tests.describe.model import code_of, diligent
from tests.endpoint.standin import KEY, Fails, Says, StandIn, endpoint

pytestmark = pytest.mark.long

CONFIG = """
mine: {sources: [installed:docker, installed:anyio]}
synth: {families: [func-localize], describer: llm, options: {func-localize: {cap: 6}}}
endpoint: {model: stand-in, attempts: 1, input_price: 1.0, output_price: 4.0}
"""


class Folder:
    """An out folder and a configuration for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")

    def command(self, name: str, *arguments: str) -> list[str]:
        return [*HGEN, "-v", name, "-c", str(self.folder / "config.yaml"), "-o", str(self.out), *arguments]

    def hgen(self, stand_in: StandIn, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(name, *arguments), capture_output=True, text=True, check=False, env=knowing(stand_in)
        )

    def contents(self) -> dict[str, bytes]:
        """What was made, and what was said."""
        paths = [*self.out.glob("synth/*.jsonl"), *self.out.glob("replies/*/*.json")]
        return {str(path.relative_to(self.out)): path.read_bytes() for path in sorted(paths)}

    def tasks(self) -> list[Task]:
        return [task for shard in sorted(self.out.glob("synth/0*[0-9].jsonl")) for task in read_shard(shard, Task)]

    def counts(self) -> dict[str, float]:
        receipts = [json.loads(path.read_bytes()) for path in self.out.glob("synth/*.receipt.json")]
        return {name: sum(each["counts"].get(name, 0) for each in receipts) for name in receipts[0]["counts"]}


def knowing(stand_in: StandIn) -> dict[str, str]:
    return environment() | {"OPENAI_BASE_URL": stand_in.address, "OPENAI_API_KEY": KEY}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory) -> Path:
    folder = Folder(tmp_path_factory.mktemp("parsed"))
    with endpoint(diligent) as stand_in:
        for name in ("mine", "parse"):
            done = folder.hgen(stand_in, name, "-j", "1")
            assert done.returncode == 0, done.stderr
        assert not stand_in.bodies
    return folder.out


def begun(parsed: Path, folder: Path) -> Folder:
    found = Folder(folder)
    shutil.copytree(parsed, found.out)
    return found


@pytest.fixture(scope="module")
def made(parsed: Path, tmp_path_factory) -> Folder:
    """What one worker made, undisturbed."""
    folder = begun(parsed, tmp_path_factory.mktemp("made"))
    with endpoint(diligent) as stand_in:
        done = folder.hgen(stand_in, "synth", "-j", "1")
    assert done.returncode == 0, done.stderr
    assert folder.counts()["requests"] == len(stand_in.bodies)
    return folder


def test_tasks_say_which_model_described_them_and_on_which_prompts(made: Folder) -> None:
    tasks = made.tasks()
    assert {task.variant for task in tasks} == {"masked-hard", "masked"}
    for task in tasks:
        assert task.provenance.model == "stand-in"
        assert len(task.provenance.prompts) == len(task.targets)
        for target, prompt in zip(task.targets, task.provenance.prompts, strict=True):
            kept = json.loads((made.out / "replies" / prompt[:2] / f"{prompt}.json").read_bytes())
            assert target.qualname.rpartition(".")[2] in code_of(kept["request"])
            said = json.loads(kept["reply"]["text"])["description"]
            assert said in " ".join(task.problem_statement.replace(">", "").split())


def test_receipts_and_stats_say_how_many_tokens_it_took_and_what_they_cost(made: Folder) -> None:
    kept = [json.loads(path.read_bytes())["reply"]["usage"] for path in made.out.glob("replies/*/*.json")]
    counts = made.counts()
    assert counts["input_tokens"] == sum(each["input_tokens"] for each in kept) > 1000
    assert counts["output_tokens"] == sum(each["output_tokens"] for each in kept) > 100
    assert counts["cost"] == pytest.approx((counts["input_tokens"] + 4 * counts["output_tokens"]) / 1e6)
    stats = [*HGEN, "stats", "-o", str(made.out), "--json"]
    found = json.loads(subprocess.run(stats, capture_output=True, check=True, env=environment()).stdout)
    assert found["stages"]["synth"]["counts"] == pytest.approx(counts)


def test_a_rerun_asks_nothing_and_gives_the_same_bytes_for_any_number_of_workers(made: Folder, tmp_path: Path) -> None:
    again = Folder(tmp_path)
    shutil.copytree(made.out, again.out)
    shutil.rmtree(again.out / "synth")
    with endpoint(lambda _: Fails(500)) as stand_in:
        done = again.hgen(stand_in, "synth", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert not stand_in.bodies
    assert again.contents() == made.contents()


def test_two_workers_ask_and_make_the_same_as_one(parsed: Path, made: Folder, tmp_path: Path) -> None:
    folder = begun(parsed, tmp_path)
    with endpoint(diligent) as stand_in:
        done = folder.hgen(stand_in, "synth", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert folder.contents() == made.contents()


def test_kill_9_while_the_model_is_asked_then_the_same_command_gives_the_same_bytes(
    parsed: Path, made: Folder, tmp_path: Path
) -> None:
    folder = begun(parsed, tmp_path)
    with endpoint(diligent) as stand_in:
        process = subprocess.Popen(
            folder.command("synth", "-j", "2"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=knowing(stand_in),
            start_new_session=True,
        )
        while len(stand_in.bodies) < 40 and process.poll() is None:
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not list(folder.out.glob("synth/*.receipt.json")), "the run ended before it could be killed"
        paid = len(list(folder.out.glob("replies/*/*.json")))
        before = len(stand_in.bodies)
        done = folder.hgen(stand_in, "synth", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert folder.contents() == made.contents()
    assert len(stand_in.bodies) - before == made.counts()["requests"] - paid


def test_a_budget_that_ends_keeps_what_was_made_and_a_larger_one_goes_on_from_there(
    parsed: Path, made: Folder, tmp_path: Path
) -> None:
    folder = begun(parsed, tmp_path)
    bound = int(made.counts()["input_tokens"] // 2)
    with endpoint(diligent) as stand_in:
        done = folder.hgen(stand_in, "synth", "-j", "1", "--set", f"endpoint.max_tokens={bound}", "--json")
        assert done.returncode == 0, done.stderr
        (row,) = json.loads(done.stdout)
        assert row["rejects"]["over-budget"] > 0
        assert 0 < row["counts"]["input_tokens"] + row["counts"]["output_tokens"] <= bound
        assert 0 < len(folder.tasks()) < len(made.tasks())
        done = folder.hgen(stand_in, "synth", "-j", "1", "--set", f"endpoint.max_tokens={20 * bound}")
    assert done.returncode == 0, done.stderr
    assert folder.contents() == made.contents()
    assert len(stand_in.bodies) == made.counts()["requests"]


def test_an_endpoint_that_refuses_the_key_leaves_the_shards_undone_and_the_key_unsaid(
    parsed: Path, tmp_path: Path
) -> None:
    folder = begun(parsed, tmp_path)
    with endpoint(lambda _: Fails(401, json.dumps({"error": {"message": f"wrong key {KEY}"}}))) as stand_in:
        done = folder.hgen(stand_in, "synth", "-j", "2")
    assert done.returncode == 1
    assert "refuses the key in OPENAI_API_KEY" in done.stderr
    assert KEY not in done.stderr + done.stdout
    assert not list(folder.out.glob("synth/*.receipt.json"))


def test_the_key_is_in_no_file_and_no_line_of_output(made: Folder, parsed: Path, tmp_path: Path) -> None:
    folder = begun(parsed, tmp_path)
    with endpoint(lambda body: Says(f"{KEY} {code_of(body)}")) as stand_in:
        done = folder.hgen(stand_in, "synth", "-j", "1", "--set", "synth.options.func-localize.variants=[masked]")
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stderr + done.stdout
    for out in (folder.out, made.out):
        assert not [path for path in out.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_what_a_model_needs_is_said_before_anything_is_done(parsed: Path, tmp_path: Path) -> None:
    folder = begun(parsed, tmp_path)
    without = {name: value for name, value in environment().items() if not name.startswith("OPENAI")}
    command = folder.command("synth", "-j", "1")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=without)
    assert done.returncode == 2
    assert done.stderr.strip().endswith("set OPENAI_API_KEY (anything if none is needed)")
    assert not (folder.out / "synth").exists()
