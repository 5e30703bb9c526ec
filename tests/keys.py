"""What a configuration leads to, asked of single stages and small real repositories: for ``test_keys``."""

import http.server
import io
import json
import os
import shutil
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from hgen.config import BuildConfig, Config
from hgen.engines import OpenEngine, worker_engine
from hgen.errors import MachineError, Skip
from hgen.export.formats import harbor
from hgen.export.images import Images
from hgen.export.view import views
from hgen.records import Codebase, Record, Reject, Source, Task, Validated
from hgen.resolve import resolve
from hgen.runner import done_shards
from hgen.sandbox.layout import StartState
from hgen.shards import read_shard
from hgen.snapshots import Store, TreeLimits
from hgen.stages.pipeline import Folders, specs, stage
from hgen.testbed.environment.install import RepositoryTree
from hgen.testbed.mutation.trials import trials
from tests.command import hgen
from tests.describe.outcome import described
from tests.families import test_executable

PAUSE = 1.5
"""Seconds that the stand-in for a package index waits in the middle of a file."""

LICENSE = (Path(__file__).parents[1] / "LICENSE").read_text(encoding="utf-8")

SHOP = {
    "LICENSE": LICENSE,
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1.0"\nurls.Source = "https://github.com/django/django"\n',
    "shop/__init__.py": "",
    "shop/pricing.py": '''"""Prices."""


def total(prices, discount=0):
    """The sum of the prices, less the discount in percent; a discount above a hundred is an error."""
    if discount > 100:
        raise ValueError("discount")
    amount = sum(prices)
    amount -= amount * discount / 100
    return round(amount, 2)


def dearest(prices, count=1):
    """The names of so many of the dearest things, the dearest of them first."""
    order = sorted(prices, key=prices.get, reverse=True)
    chosen = order[:count]
    return chosen
''',
    "tests/test_pricing.py": """import time

from shop.pricing import dearest, total


def test_total():
    assert total([1, 2.25]) == 3.25


def test_discount():
    assert total([100], discount=25) == 75


def test_a_free_lunch():
    assert total([10], discount=100) == 0


def test_the_dearest():
    assert dearest({"apple": 1, "melon": 5}) == ["melon"]


def test_two():
    assert dearest({"apple": 1, "melon": 5, "pear": 2}, 2) == ["melon", "pear"]


def test_patience():
    time.sleep(0.5)
""",
}


@dataclass
class Bench:
    """A folder to work in, and a whole run whose shards may be read."""

    folder: Path
    undisturbed: Path
    _builds: dict[BuildConfig, tuple[Record, ...]] = field(default_factory=dict)

    def mined(self, config: Config, spec: str = "") -> object:
        """What mining a folder, or any source, gives."""
        with tempfile.TemporaryDirectory(dir=self.folder) as fresh:
            work = Folders(out=Path(fresh) / "out", cache=Path(fresh) / "cache")
            return results(stage("mine", config, work).apply(Source(spec=spec or str(self._shop))))

    def mined_from_index(self, config: Config) -> object:
        """What mining a source distribution gives, whose server pauses in the middle and which holds much in little."""
        with index(self.folder) as url, environment(PIP_INDEX_URL=url, PIP_EXTRA_INDEX_URL="", NO_PROXY="127.0.0.1"):
            return self.mined(config, "pypi:project")

    def wanted(self, config: Config) -> object:
        """The sources that are mined; a table of commits names some without their host."""
        table = self.folder / "rows.jsonl"
        table.write_text(json.dumps({"repo": "ann/project", "base_commit": "a" * 40}) + "\n", encoding="utf-8")
        return specs(config.mine.model_copy(update={"sources": (*config.mine.sources, str(table))}))

    def sharded(self, config: Config) -> object:
        """How many sources are in each shard."""
        out = Path(tempfile.mkdtemp(dir=self.folder))
        sources = f"mine.sources=[{self._shop}, installed:iniconfig]"
        hgen("mine", "-o", out, "--set", sources, "--set", f"run.sources_per_shard={config.run.sources_per_shard}")
        return [len(path.read_text().splitlines()) for path in sorted((out / "sources").glob("*.jsonl"))]

    def parsed(self, config: Config) -> object:
        """What parsing the folder gives."""
        (repo,) = stage("mine", self._anything, self._folders).apply(Source(spec=str(self._shop)))
        return results(stage("parse", config, self._folders).apply(repo))

    def synthesized(self, config: Config) -> object:
        """The static tasks of a package, and what is passed over."""
        work = Folders(out=self.undisturbed, cache=self.folder)
        return results(stage("synth", config, work).apply(self._package))

    def described(self, config: Config) -> object:
        """What a language model is asked on a package, and what comes of it."""
        out = Path(tempfile.mkdtemp(dir=self.folder)) / "out"
        out.mkdir()
        (out / "snapshots").symlink_to(self.undisturbed / "snapshots")
        return described(config, self._package, Folders(out=out, cache=self.folder))

    def tested(self, config: Config) -> object:
        """The tasks of families that run tests, of a repository that has something like a copy of a function."""
        work = Folders(out=self.folder / "tested", cache=self.folder)
        body = test_executable.FILES[test_executable.LIBRARY].decode().partition('error."""')[2].split()[:60]
        pieces = ["zzz ".join([" ".join(body[start : start + 5]), ""]) for start in range(0, len(body), 5)]
        files = test_executable.FILES | {"notes.txt": " ".join(pieces).encode()}
        write(self.folder / "tree", files)
        limits = TreeLimits(files=99, total_bytes=1 << 20, file_bytes=1 << 20)
        digest = Store(work.snapshots).add(self.folder / "tree", limits).digest
        codebase = test_executable.codebase()
        repo = codebase.repo.model_copy(update={"snapshot": digest})
        return results(stage("synth", config, work).apply(codebase.model_copy(update={"repo": repo})))

    def validated(self, config: Config) -> object:
        """The checks of one task."""
        task = next(task for shard in done_shards(self.undisturbed, "synth") for task in read_shard(shard, Task))
        work = Folders(out=self.undisturbed, cache=self.folder)
        (found,) = stage("validate", config, work).apply(task)
        assert isinstance(found, Validated)
        return [check.name for check in found.checks]

    def exported(self, config: Config) -> object:
        """The files that an export consists of."""
        out = Path(tempfile.mkdtemp(dir=self.folder)) / "out"
        shutil.copytree(self.undisturbed, out, ignore=shutil.ignore_patterns("export"))
        keys = {
            "formats": list(config.export.formats),
            "shard_bytes": config.export.shard_bytes,
            "splits": config.export.splits,
        }
        done = hgen("export", "-o", out, *(f"--set=export.{key}={value}" for key, value in keys.items()))
        assert done.returncode == 0, done.stderr
        return sorted(str(path.relative_to(out)) for path in (out / "export").rglob("*"))

    def laid_out(self, config: Config) -> object:
        """The settings of a task that Harbor runs."""
        task = next(
            task for shard in done_shards(self.undisturbed, "validate") for task in read_shard(shard, Validated)
        )
        folder = Path(tempfile.mkdtemp(dir=self.folder)) / "harbor"
        harbor.FORMAT.write(views([task], self.undisturbed / "snapshots"), folder, config)
        (settings,) = folder.glob("tasks/*/task.toml")
        return settings.read_text(encoding="utf-8")

    def named(self, config: Config) -> object:
        """The name of a task's image."""
        task = next(task for shard in done_shards(self.undisturbed, "synth") for task in read_shard(shard, Task))
        return Images(config.export.image_prefix, config.sandbox.base_image).name(task)

    def contained(self, config: Config) -> object:
        """The engine, its image, and what a container there may use; or why there is none."""
        try:
            with OpenEngine(config.sandbox, store=self.folder, cache=self.folder) as engine:
                with engine.generic.start(StartState({"a": b"1"})) as sandbox:
                    host = engine.house.client._api.inspect_container(sandbox.container)["HostConfig"]
                return [
                    engine.house.client.kind,
                    engine.generic.image,
                    host["Memory"],
                    host["NanoCpus"],
                    host["PidsLimit"],
                ]
        except MachineError as error:
            return str(error)

    def built(self, config: Config) -> object:
        """How many tests of the folder can be relied on, or why not."""
        found = list(self._build(config))
        bed = found[-1].testbed if isinstance(found[-1], Codebase) else None
        return len(bed.tests) if bed else [each.reason for each in found if isinstance(each, Reject)]

    def tried(self, config: Config) -> object:
        """The functions that are tried on these tests, and how many changes of each are noticed."""
        (built,) = self._build(self._anything)
        assert isinstance(built, Codebase)
        assert built.testbed is not None
        bed = built.testbed
        engine = worker_engine(config.sandbox, self._folders.snapshots, self._folders.cache)
        repo = self._codebase.repo
        sandboxes = engine.sandboxes(bed.environment, base_commit=repo.base_commit, name=repo.repo)
        with Store(self._folders.snapshots).open(repo.snapshot) as snapshot:
            state = RepositoryTree.of(snapshot).state(job={}, also=bed.environment.generated)
        with sandboxes.start(state) as sandbox:
            found = trials(
                self._codebase,
                state.files,
                bed.tests,
                imported=frozenset(),
                environment=bed.environment,
                sandbox=sandbox,
                effort=config.build,
            )
        return [(self._codebase.symbols[trial.symbol].qualname, len(trial.mutants)) for trial in found]

    @property
    def _folders(self) -> Folders:
        return Folders(out=self.folder / "out", cache=self.folder / "cache")

    @property
    def _anything(self) -> Config:
        return Config.model_validate({"mine": {"decontaminate": []}, "build": {"min_tests": 4}})

    @cached_property
    def _shop(self) -> Path:
        return write(self.folder / "shop", {path: text.encode() for path, text in SHOP.items()})

    @cached_property
    def _package(self) -> Codebase:
        shards = done_shards(self.undisturbed, "parse")
        found = {each.repo.repo: each for shard in shards for each in read_shard(shard, Codebase)}
        return found["installed:docker"]

    @cached_property
    def _codebase(self) -> Codebase:
        (repo,) = stage("mine", self._anything, self._folders).apply(Source(spec=str(self._shop)))
        with Store(self._folders.snapshots).open(repo.snapshot) as files:
            symbols, _ = resolve({path: files[path] for path in files}, max_bytes=1 << 20)
        return Codebase(repo=repo, symbols=symbols)

    def _build(self, config: Config) -> tuple[Record, ...]:
        if config.build not in self._builds:
            self._builds[config.build] = tuple(stage("build", config, self._folders).apply(self._codebase))
        return self._builds[config.build]


def results(found: Iterator[Record]) -> list[str]:
    """What a stage gives, or the reason why it gives no more."""
    seen: list[str] = []
    try:
        seen += (each.model_dump_json() for each in found)
    except (Skip, MachineError) as error:
        seen.append(f"{type(error).__name__}: {error}")
    return seen


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def index(folder: Path) -> Iterator[str]:
    """A stand-in for a package index with one project of many files that are all the same."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in {"LICENSE": LICENSE.encode(), **{f"m{n}.py": b"#" * 19_000 for n in range(20)}}.items():
            member = tarfile.TarInfo(f"project-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    packed = buffer.getvalue()
    files = [
        {
            "filename": "project-1.0.tar.gz",
            "url": "/project-1.0.tar.gz",
            "hashes": {"sha256": sha256(packed).hexdigest()},
        }
    ]
    page = json.dumps({"meta": {"api-version": "1.0"}, "name": "project", "files": files}).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = ("application/vnd.pypi.simple.v1+json", page) if "/simple/" in self.path else ("x/gz", packed)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body[:100])
                time.sleep(PAUSE if body is packed else 0)
                self.wfile.write(body[100:])
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple/"
        server.shutdown()
