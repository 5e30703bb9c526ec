"""Folders that Harbor runs: what is in them, for any task text, and how an answer is judged without Harbor."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from hgen.config import Config, SandboxConfig
from hgen.engines import OpenEngine
from hgen.export import image_building
from hgen.export.folders import MANIFEST, exported_files
from hgen.export.formats import harbor
from hgen.export.task_row import row
from hgen.export.view import TaskView, views
from tests.answers import rows
from tests.export.test_images import BUILT, SECRET, SETUP, stored

GOLD = f"""diff --git a/pkg/core.py b/pkg/core.py
--- a/pkg/core.py
+++ b/pkg/core.py
@@ -1,2 +1,3 @@
 def join(parts):
+    \"\"\"{SECRET}.\"\"\"
     return "".join(parts)
"""
STATEMENT = """---
license: none
---
# $(touch /tmp/owned) `id` "quoted" 'quoted' \\ {{braces}} {% raw %} ${HOME}
<!-- canary -->
EOF
'''
\"\"\"
\u00e9 \U0001f600 [table] x = "y"
"""


def localize(validated, tmp_path: Path, **changes: object) -> TaskView:
    """A task that asks for the docstring in ``test_images.TREE``."""
    target = {"file": "pkg/core.py", "qualname": "join", "kind": "function", "def_line": 1}
    targets = (validated(1).task.subject.model_copy(update=target),)
    return stored(
        validated(1, "func-localize"), tmp_path, patch=GOLD, setup_patch=SETUP, targets=targets, subject=None, **changes
    )


def written(*found: TaskView, folder: Path) -> list[Path]:
    harbor.FORMAT.write(found, folder, Config())
    return sorted((folder / "tasks").iterdir())


def test_a_folder_says_who_judges_and_with_what(validated, tmp_path):
    view = localize(validated, tmp_path)
    (task,) = written(view, folder=tmp_path / "harbor")
    settings = tomllib.loads((task / "task.toml").read_text(encoding="utf-8"))
    assert settings["schema_version"] == "1.4"
    assert settings["task"]["name"] == f"hgen/{view.name}"
    assert settings["verifier"]["environment_mode"] == "separate"
    assert settings["environment"]["network_mode"] == "no-network"
    assert settings["agent"]["user"] == "agent"
    assert settings["metadata"]["instance_id"] == view.task.instance_id
    assert settings["environment"].get("docker_image") is None
    [found] = rows(task / "tests/answers.zip")
    assert found.items() >= json.loads(json.dumps(row(view.validated))).items()


def test_a_folder_names_the_image_where_there_is_one(validated, tmp_path):
    view = localize(validated, tmp_path)
    images = type(BUILT)("registry.example/tasks", built=True)
    (named,) = views([view.validated], tmp_path / "store", images=images)
    (task,) = written(named, folder=tmp_path / "harbor")
    settings = tomllib.loads((task / "task.toml").read_text(encoding="utf-8"))
    assert settings["environment"]["docker_image"] == images.name(view.task)


def test_the_agent_reads_the_problem_statement_as_it_is(validated, tmp_path):
    (task,) = written(localize(validated, tmp_path, problem_statement=STATEMENT), folder=tmp_path / "harbor")
    text = (task / "instruction.md").read_text(encoding="utf-8")
    assert text == STATEMENT.rstrip() + "\n\nThe repository is in `/sandbox/repo`.\n"


def test_text_of_any_kind_stays_text(validated, tmp_path):
    nasty = 'a "b" $(c) ${d} `e` \\ \n[environment]\ndocker_image = "evil"'
    view = localize(validated, tmp_path, license=nasty, repo=f"local:{nasty}", base_commit=nasty, variant=nasty)
    (task,) = written(view, folder=tmp_path / "harbor")
    settings = tomllib.loads((task / "task.toml").read_text(encoding="utf-8"))
    assert settings["metadata"]["license"] == nasty
    assert "docker_image" not in settings["environment"]
    instructions = {
        line.split()[0] for line in (task / "environment/Dockerfile").read_text().splitlines() if line[:1].isupper()
    }
    assert instructions <= {"ARG", "FROM", "RUN", "WORKDIR", "ADD", "COPY", "LABEL", "ENV", "STOPSIGNAL"}


@pytest.mark.parametrize(
    "ids",
    [("a/../b", "a-b"), ("Case", "case"), ("x" * 300, "x" * 301), ("a..b", "a.b"), ("a..b", "a.-b"), ("\u00e9", "e")],
)
def test_ids_that_are_no_names_have_folders_and_names_of_their_own(ids, validated, tmp_path):
    views_ = [localize(validated, tmp_path / str(number), instance_id=each) for number, each in enumerate(ids)]
    folders = written(*views_, folder=tmp_path / "harbor")
    assert len({folder.name.lower() for folder in folders}) == len(ids)
    names = [task["name"] for task in json.loads((tmp_path / "harbor/registry.json").read_bytes())[0]["tasks"]]
    assert len(set(names)) == len(ids)
    assert not any(".." in name for name in names)
    inside = {tomllib.loads((folder / "task.toml").read_text())["task"]["name"] for folder in folders}
    assert len(inside) == len(ids)


def test_tasks_of_a_repository_share_its_archive(validated, tmp_path):
    one = localize(validated, tmp_path, instance_id="one")
    other = one.validated.model_copy(update={"task": one.task.model_copy(update={"instance_id": "two"})})
    (two,) = views([other], tmp_path / "store", images=BUILT)
    first, second = written(one, two, folder=tmp_path / "harbor")
    own = {"task.toml", "instruction.md", "tests/answers.zip", "solution/gold.patch"}
    files = {path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file()}
    shared = {name for name in files if (first / name).stat().st_ino == (second / name).stat().st_ino}
    assert files - shared == own


def test_what_the_grader_does_not_judge_is_left_out_and_counted(validated, tmp_path):
    kept, other = localize(validated, tmp_path / "a"), localize(validated, tmp_path / "b", graded_by="family")
    summary = harbor.FORMAT.write([kept, other], tmp_path / "harbor", Config())
    assert sum(summary.tasks.values()) == 1
    assert list(summary.left_out.values()) == [1]


def test_a_task_without_its_wheels_is_left_out(repaired, tmp_path):
    view = stored(repaired, tmp_path)
    summary = harbor.FORMAT.write([view], tmp_path / "harbor", Config())
    assert sum(summary.left_out.values()) == 1
    assert not list((tmp_path / "harbor/tasks").iterdir())


def test_the_manifest_names_every_file_and_a_second_export_gives_the_same(validated, tmp_path):
    view = localize(validated, tmp_path)
    written(view, folder=tmp_path / "harbor")
    files = exported_files(tmp_path / "harbor", harbor.NAME)
    found = {
        path.relative_to(tmp_path / "harbor").as_posix() for path in (tmp_path / "harbor").rglob("*") if path.is_file()
    }
    assert set(files) == found - {MANIFEST}
    written(view, folder=tmp_path / "harbor")
    assert exported_files(tmp_path / "harbor", harbor.NAME) == files


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    with OpenEngine(SandboxConfig(), store=folder / "store", cache=folder / "cache") as engine:
        yield engine


TEST = "bash /tests/test.sh"


class Ran:
    """A task's image and folder, and what an agent and a grader do there without Harbor."""

    def __init__(self, engine: OpenEngine, view: TaskView, folder: Path) -> None:
        image_building.build([view], engine, progress=lambda done: None)
        (self.task,) = written(view, folder=folder)
        self.image = view.image
        self.docker = ["docker", "-H", engine.generic.client.url]
        self.logs = folder / "logs"

    def container(self, *steps: tuple[str, str]) -> None:
        """Run scripts one after the other in a fresh container, each as a user."""
        mounts = ["-v", f"{self.logs}/artifacts:/logs/artifacts", "-v", f"{self.logs}/verifier:/logs/verifier"]
        started = [*self.docker, "run", "-d", "--rm", "--network", "none", *mounts, self.image, "sleep", "300"]
        name = subprocess.run(started, capture_output=True, text=True, check=True).stdout.strip()
        try:
            for user, script in steps:
                if script == TEST:
                    subprocess.run([*self.docker, "cp", self.task / "tests", f"{name}:/tests"], check=True)
                subprocess.run([*self.docker, "exec", "-u", user, name, "bash", "-c", script], check=False)
        finally:
            subprocess.run([*self.docker, "rm", "-f", name], capture_output=True, check=False)

    def reward(self, script: str, *, separate: bool) -> float | None:
        """What an agent's script earns, judged in a container of its own or in the agent's."""
        for name in ("artifacts", "verifier"):
            (self.logs / name).mkdir(parents=True, exist_ok=True)
            (self.logs / name).chmod(0o777)
        agent = ("agent", script.replace("SOLVE", f"git apply <<'GOLD'\n{GOLD}GOLD"))
        if separate:
            self.container(agent, ("root", "sh /opt/hgen/collect.sh"))
            self.container(("root", TEST))
        else:
            self.container(agent, ("root", TEST))
        file = self.logs / "verifier/reward.json"
        return json.loads(file.read_bytes())["reward"] if file.is_file() and not file.is_symlink() else None

    def verdict(self) -> list[str]:
        """What was found, for a message."""
        found = (self.logs / "verifier/verdict.json", self.logs / "artifacts/answer.diff")
        return [file.read_text(errors="replace") if file.is_file() else f"no {file.name}" for file in found]


PLANTED = "echo '{\"reward\": 1}' > /logs/verifier/reward.json; echo 1 > /logs/verifier/reward.txt"
ANSWERS = {
    "gold": ("SOLVE", 1),
    "nothing": ("true", 0),
    "planted reward": (PLANTED, 0),
    "gold in a commit": ("SOLVE\ngit -c user.name=a -c user.email=a commit -qam x", 1),
    "gold without git": ("SOLVE\nrm -rf .git", 1),
    "gold and what tools leave": ("SOLVE\nmkdir -p pkg/__pycache__ && touch pkg/__pycache__/core.cpython-311.pyc", 1),
    "gold and a new file": ("SOLVE\ntouch new.py", 0),
    "linked answer": ("ln -sf /tests/answers.zip /logs/artifacts/answer.diff", 0),
    "pipe for an answer": ("mkfifo /logs/artifacts/answer.diff", 0),
    "folder for an answer": ("mkdir -p /logs/artifacts/answer.diff/deep", 0),
}


@pytest.mark.container
@pytest.mark.parametrize("separate", [True, False], ids=["separate", "shared"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_the_scripts_of_a_folder_judge_an_agents_tree(answer, separate, engine, validated, tmp_path):
    view = localize(validated, tmp_path)
    script, reward = ANSWERS[answer]
    ran = Ran(engine, view, tmp_path / "harbor")
    try:
        assert ran.reward(script, separate=separate) == reward, ran.verdict()
    finally:
        # Files of the container's users.
        subprocess.run(["chmod", "-R", "777", tmp_path], check=False)
        engine.generic.client.remove_image(view.image)
