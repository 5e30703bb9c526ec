"""Harbor runs the tasks: what solves one earns 1, what does nothing and what cheats earn 0, with no network."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.answers import rows
from tests.clients import some_tasks
from tests.clients.cheats import CHEATS
from tests.clients.environments import client, docker_config

pytestmark = [pytest.mark.container, pytest.mark.network, pytest.mark.timeout(3600)]

VERSIONS = ("0.24.0", "0.26.0")
PYTHON = "python3.12"


@dataclass(frozen=True)
class Harbor:
    """One version of Harbor, with what it needs of this machine."""

    bin: Path
    folder: Path

    def call(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "HARBOR_TELEMETRY": "off",
            "HOME": str(self.folder),
            "DOCKER_CONFIG": str(self.folder / "docker"),
            # What is built is built by the engine itself: the client has no buildx everywhere.
            "DOCKER_BUILDKIT": "0",
            "PYTHONPATH": str(Path(__file__).parent),
        }
        command = [str(self.bin / "harbor"), *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def rewards(self, tasks: Path, agent: str) -> dict[str, dict[str, float]]:
        """What each task's answer earned, by the task's folder; a trial without a verdict has no rewards."""
        name = f"{tasks.name}-{agent}-{len(list(self.folder.iterdir()))}"
        done = self.call(
            "run", "-p", tasks, "-a", agent, "-e", "harbor_docker:WithoutNetwork", "-y", "-q", "-n", "2",
            "-o", self.folder / "jobs", "--job-name", name,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found = {}
        for result in (self.folder / "jobs" / name).glob("*/result.json"):
            trial = json.loads(result.read_bytes())
            verdict = trial.get("verifier_result") or {}
            found[Path(trial["config"]["task"]["path"]).name] = verdict.get("rewards") or {}
        return found


@pytest.fixture(scope="module", params=VERSIONS)
def harbor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Harbor:
    bin_folder = client(f"harbor=={request.param}", python=PYTHON)
    folder = tmp_path_factory.mktemp("harbor")
    docker_config(folder)
    return Harbor(bin_folder, folder)


@pytest.fixture(scope="module")
def exported(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders ``export/harbor`` with tasks of all families and their images."""
    outs = some_tasks.exported(undisturbed, tmp_path_factory.getbasetemp(), "harbor")
    return [out / "export/harbor" for out in outs]


@pytest.fixture(scope="module")
def tasks(exported: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tasks of each family."""
    folder = tmp_path_factory.mktemp("chosen") / "tasks"
    for each in exported:
        shutil.copytree(each / "tasks", folder, dirs_exist_ok=True)
    return folder


def family_of(task: Path) -> str:
    return rows(task / "tests/answers.zip")[0]["family"]


@pytest.mark.submission
def test_what_solves_a_task_earns_1_and_what_does_nothing_0(harbor: Harbor, tasks: Path) -> None:
    names = {task.name for task in tasks.iterdir()}
    oracle, nop = harbor.rewards(tasks, "oracle"), harbor.rewards(tasks, "nop")
    assert {name: reward.get("reward") for name, reward in oracle.items()} == dict.fromkeys(names, 1)
    assert {name: reward.get("resolved") for name, reward in nop.items()} == dict.fromkeys(names, 0)
    families = {family_of(task) for task in tasks.iterdir()}
    assert families == some_tasks.FAMILIES
    print(f"\n{harbor.bin}: oracle 1 and nop 0 on {len(names)} tasks of {sorted(families)}")


def test_the_text_of_an_environment_builds_what_the_image_is(
    harbor: Harbor, tasks: Path, base_image: str, tmp_path: Path
) -> None:
    by_family = {family_of(task): task for task in sorted(tasks.iterdir())}
    for family in ("func-localize", "verify-repair"):
        copy = tmp_path / "tasks" / family
        shutil.copytree(by_family[family], copy)
        text = copy / "environment/Dockerfile"
        lines = text.read_text(encoding="utf-8").splitlines(keepends=True)
        text.unlink()
        text.write_text("".join(f"ARG BASE={base_image}\n" if line.startswith("ARG BASE") else line for line in lines))
        settings = (copy / "task.toml").read_text(encoding="utf-8").splitlines()
        (copy / "task.toml").write_text("\n".join(line for line in settings if "docker_image" not in line) + "\n")
    rewards = harbor.rewards(tmp_path / "tasks", "oracle")
    assert [reward.get("reward") for reward in rewards.values()] == [1] * len(rewards)


@pytest.mark.submission
def test_harbor_lint_has_no_complaint(tasks: Path, tmp_path: Path) -> None:
    harbor = Harbor(client(f"harbor=={VERSIONS[-1]}", python=PYTHON), tmp_path)
    done = harbor.call("lint", *sorted(tasks.iterdir()))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.submission
def test_datasets_reads_the_folder(exported: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import datasets

    for folder in exported:
        for place in (folder, folder / "tasks"):
            (table,) = datasets.load_dataset(str(place), cache_dir=str(tmp_path)).values()
            assert len(table) == len(list((folder / "tasks").iterdir()))
            assert all(name.startswith("hgen/") for name in table["name"])


def test_cheats_earn_nothing(harbor: Harbor, tasks: Path, tmp_path: Path) -> None:
    by_family = {family_of(task): task for task in sorted(tasks.iterdir())}
    for cheat in CHEATS:
        task = by_family[cheat.family]
        copy = tmp_path / "cheats" / cheat.name
        shutil.copytree(task, copy)
        [row] = rows(task / "tests/answers.zip")
        (copy / "solution/gold.patch").unlink()
        (copy / "solution/solve.sh").unlink()
        (copy / "solution/solve.sh").write_text(cheat.script(row["targets"][0]["file"]), encoding="utf-8")
    rewards = harbor.rewards(tmp_path / "cheats", "oracle")
    earned = {name: reward.get("reward", 0) for name, reward in rewards.items()}
    assert earned == dict.fromkeys([cheat.name for cheat in CHEATS], 0)
    print(f"\n{harbor.bin}: {len(CHEATS)} cheats earned 0: {', '.join(sorted(earned))}")
