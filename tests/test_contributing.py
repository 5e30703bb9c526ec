"""Each how-to of CONTRIBUTING.md is taken out of the page and run as it stands."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hgen.records import Validated
from hgen.runner import done_shards
from hgen.sandbox.discovery import choose
from hgen.shards import read_shard
from tests.command import environment
from tests.families.test_third_party import LICENSE, PROJECT
from tests.sandbox.test_trouble import Wire
from tests.testbed import world

CHECKOUT = Path(__file__).parents[1]
PAGE = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SHIPPED = ("src", "templates", "configs")


class HowTo:
    """One section of the page: the files that it shows, and the changes to files that are there."""

    def __init__(self, title: str) -> None:
        (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
        blocks = re.findall(r"(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        self.files = {path: text for path, _, text in blocks if path}
        self.patch = "".join(text for _, language, text in blocks if language == "diff")

    def extend(self, folder: Path, *more: str) -> "Extended":
        """A copy of hgen with the files and the changes."""
        for name in (*SHIPPED, *more):
            (shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy)(CHECKOUT / name, folder / name)
        self.write(folder)
        subprocess.run(["git", "apply", "-"], input=self.patch.encode(), cwd=folder, check=True)
        return Extended(folder / "src", folder)

    def install(self, site: Path) -> "Extended":
        """hgen beside another package that has the files."""
        self.write(site)
        groups = tomllib.loads(self.files["pyproject.toml"])["project"]["entry-points"]
        lines = "".join(f"{name} = {value}\n" for name, value in groups["hgen.families"].items())
        info = site / "my_package-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[hgen.families]\n{lines}", encoding="utf-8")
        return Extended(site, site)

    def write(self, folder: Path) -> None:
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")


class Extended:
    """hgen with what a how-to adds to it."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.folder = folder
        self.environment = environment() | {"PYTHONPATH": str(path)}

    def python(self, *arguments: str | Path, **variables: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, *map(str, arguments)]
        variables = self.environment | variables
        return subprocess.run(argv, capture_output=True, text=True, check=False, env=variables, cwd=self.folder)

    def hgen(self, *arguments: str | Path, **variables: str) -> str:
        """Run a command to its end, which must be good; what it prints."""
        done = self.python("-m", "hgen", *arguments, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sound(self, out: Path) -> list[Validated]:
        return [each for shard in done_shards(out, "validate") for each in read_shard(shard, Validated)]


def gold(tasks: list[Validated], file: Path) -> Path:
    rows = [{"instance_id": each.task.instance_id, "model_patch": each.task.patch} for each in tasks]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def rewards(file: Path) -> list[float]:
    return [json.loads(line)["reward"] for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_source(tmp_path: Path) -> None:
    extended = HowTo("A source").extend(tmp_path, "tests", "pyproject.toml", "docs")
    files = {**world.snapshot_files(), "LICENSE": LICENSE}
    for path, content in files.items():
        (tmp_path / "shop-1.0" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop-1.0" / path).write_bytes(content)
    with tarfile.open(tmp_path / "shop-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "shop-1.0", "shop-1.0")
    (stage,) = json.loads(extended.hgen("mine", f"archive:{tmp_path / 'shop-1.0.tar.gz'}", "--json"))
    assert (stage["out"], stage["rejects"]) == (1, {})
    extended.hgen("parse")
    (shard,) = done_shards(tmp_path / "out", "parse")
    (codebase,) = [json.loads(line) for line in shard.read_text(encoding="utf-8").splitlines()]
    assert codebase["repo"]["repo"] == "archive:shop-1.0.tar.gz"
    assert {"total", "Basket.total"} < {symbol["qualname"] for symbol in codebase["symbols"]}
    missing = extended.python("-m", "hgen", "mine", "archive:missing.zip", "-o", "other", "--json")
    assert json.loads(missing.stdout)[0]["rejects"] == {"no-such-path": 1}
    assert "archive:PATH" in extended.python("-m", "hgen", "mine", "nonsense").stderr
    claims = extended.python("-m", "pytest", "-q", "tests/sources/test_spec.py")
    assert claims.returncode == 0, claims.stdout


def test_a_static_family(undisturbed: Path, tmp_path: Path) -> None:
    extended = HowTo("A static family").install(tmp_path / "site")
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    extended.hgen("synth", "--task", "class-search", "-o", out)
    (stage,) = json.loads(extended.hgen("validate", "--json", "-o", out))
    assert stage["out"] == stage["in"] >= 10
    tasks = extended.sound(out)
    assert {each.task.family for each in tasks} == {"class-search"}
    assert all("defines exactly these" in each.task.problem_statement for each in tasks)
    # Who does not read hits the target now and then, no more.
    assert sum(any(each.baselines.values()) for each in tasks) < len(tasks) / 3
    extended.hgen("score", out, gold(tasks, tmp_path / "gold.jsonl"), "-o", out)
    assert rewards(tmp_path / "gold.rewards.jsonl") == [1.0] * len(tasks)


@pytest.mark.container
@pytest.mark.network
def test_a_tested_family(tmp_path: Path) -> None:
    extended = HowTo("A tested family").install(tmp_path / "site")
    for path, content in {**world.snapshot_files(), "LICENSE": LICENSE, "pyproject.toml": PROJECT}.items():
        (tmp_path / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / path).write_bytes(content)
    out = tmp_path / "out"
    settings = ["--set", f"sandbox.base_image='{world.BASE}'", "--set", "build.min_tests=2"]
    extended.hgen("mine", tmp_path / "shop", "-o", out)
    extended.hgen("parse", "-o", out)
    extended.hgen("synth", "--task", "bug-hunt", *settings, "-o", out)
    (stage,) = json.loads(extended.hgen("validate", *settings, "--json", "-o", out))
    assert stage["out"] == stage["in"] >= 1
    tasks = extended.sound(out)
    assert all(each.baselines.keys() >= {"leave-it"} and not any(each.baselines.values()) for each in tasks)
    extended.hgen("score", out, gold(tasks, tmp_path / "gold.jsonl"), *settings, "-o", out)
    assert rewards(tmp_path / "gold.rewards.jsonl") == [1.0] * len(tasks)


def test_an_export_format(undisturbed: Path, tmp_path: Path) -> None:
    extended = HowTo("An export format").extend(tmp_path, "tests", "pyproject.toml", "LICENSE", "docs", "README.md")
    shutil.copytree(undisturbed, tmp_path / "out")
    extended.hgen("export", "--format", "tsv")
    text = (tmp_path / "out/export/tsv/tasks.tsv").read_text(encoding="utf-8")
    assert all(each.task.instance_id in text for each in extended.sound(undisturbed))
    claims = extended.python("-m", "pytest", "-q", "tests/export/test_formats.py", "-k", "tsv and not memory")
    assert claims.returncode == 0, claims.stdout
    assert "passed" in claims.stdout


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a short name, as sockets need one, in which an engine listens where Rancher Desktop's does."""
    with tempfile.TemporaryDirectory(prefix="hgen-") as name:
        (Path(name) / ".rd").mkdir()
        wire = Wire(Path(name) / ".rd/docker.sock", choose().url.removeprefix("unix://"))
        yield Path(name)
        wire.cut()


@pytest.mark.container
def test_a_container_engine(home: Path, tmp_path: Path) -> None:
    howto = HowTo("A container engine")
    extended = howto.extend(tmp_path)
    variables = {"HOME": str(home), "DOCKER_HOST": "", "CONTAINER_HOST": ""}
    found = json.loads(extended.hgen("doctor", "--json", **variables))
    place = f"unix://{home}/.rd/docker.sock"
    (line,) = [each for each in found if each["what"] == "container engine" and place in each["found"]]
    assert line["ok"]
    first = extended.python("-c", "from hgen.sandbox.discovery import choose; print(choose().url)", **variables)
    assert first.stdout.strip() == place
    probed = extended.python(next(iter(howto.files)), **variables)
    assert probed.returncode == 0, probed.stderr
    assert re.search(rf"at {re.escape(place)}: \d\d limits held, broken: \[\]", probed.stdout)


def test_a_mutation_operator(tmp_path: Path) -> None:
    extended = HowTo("A mutation operator").extend(tmp_path, "tests", "pyproject.toml", "docs")
    claims = ["-m", "pytest", "-q", "tests/testbed/test_mutants.py", "-k"]
    asked = [*claims, "example or finds_something or parses_differs_and_leaves_every_other_line"]
    done = extended.python(*asked)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in extended.python(*claims, "swapped-operands-0").stdout
    # Without its row in the documentation, or without its example, it is refused.
    shutil.copy(CHECKOUT / "docs/testbeds.md", tmp_path / "docs/testbeds.md")
    assert extended.python(*claims, "stands_with_it").returncode == 1
    module = tmp_path / "src/hgen/testbed/mutation/mutants.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace('(Example("return a - b", "return b - a"),)', "()"), encoding="utf-8")
    done = extended.python(*claims, "stands_with_it")
    assert "swapped-operands" in done.stdout
    assert done.returncode == 1


def test_one_test_is_run_as_the_page_says() -> None:
    (command,) = re.findall(r"^\$ \.venv/bin/python (.*)$", PAGE, re.MULTILINE)
    done = subprocess.run([sys.executable, *command.split()], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout


def test_the_page_names_what_is_there() -> None:
    source = CHECKOUT / "src/hgen"
    rows = PAGE.partition("## Where is what")[2].partition("\n## ")[0].split("\n")
    answers = [re.findall(r"`([\w.]+(?:/|\.py))`", row.split("|")[2]) for row in rows if row.startswith("|")]
    rooms = {name.strip("/") for names in answers for name in names}
    there = {path.name for path in source.glob("**/*")} | {path.name for path in CHECKOUT.iterdir()}
    assert rooms - there == set()
    assert {path.name for path in source.iterdir() if path.is_dir()} - {"__pycache__"} <= rooms
    shown = {path for title in re.findall(r"^## (An? .*)$", PAGE, re.MULTILINE) for path in HowTo(title).files}
    named = set(re.findall(r"`((?:src|tests)/[\w./]+)`", PAGE))
    assert sorted(path for path in named - shown if not (CHECKOUT / path).exists()) == []
