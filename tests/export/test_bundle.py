"""What the formats for trainers share: folders that lay tasks out and grade diffs, away from hgen."""

import importlib.util
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from hgen import resources
from hgen.config import Config
from hgen.export.bundle import PUBLIC
from hgen.export.environment import lay_out
from hgen.export.formats import nemo_gym, trl
from hgen.export.images import Images
from hgen.export.table import chosen
from hgen.export.view import views
from hgen.records import Validated
from hgen.runner import done_shards
from hgen.scoring.standalone import tree_archive
from hgen.scoring.start_state import start_state
from hgen.shards import read_shard
from hgen.snapshots import Store
from tests.answers import answers, rows
from tests.command import hgen
from tests.export.stored import store

NAMES = ("verifiers", "inspect", "trl", "nemo-gym")


def module(file: Path) -> ModuleType:
    """A module of an exported folder."""
    spec = importlib.util.spec_from_file_location(f"exported_{file.stem}", file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def folder(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of real tasks."""
    out = tmp_path_factory.mktemp("bundle") / "out"
    subprocess.run(["cp", "-r", undisturbed, out], check=True)
    done = hgen("export", "--format", "trl", "-o", out)
    assert done.returncode == 0, done.stderr
    return out / "export/trl"


@pytest.fixture(scope="module")
def some(folder: Path) -> list[Validated]:
    """Some of its tasks, of both families."""
    shards = done_shards(folder.parents[1], "validate")
    tasks = [task for shard in shards for task in read_shard(shard, Validated)]
    return tasks[:: len(tasks) // 4]


@pytest.fixture(scope="module")
def bundle(folder: Path) -> ModuleType:
    return module(folder / "bundle.py")


def members(archive: bytes) -> dict[str, tuple[int, str, bytes]]:
    """What a tar archive holds: modes, where links lead, and contents by path."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {
            each.name: (each.mode, each.linkname, tar.extractfile(each).read() if each.isreg() else b"") for each in tar
        }


def test_trees_are_start_states_and_with_the_gold_diff_gold_states(folder, some, bundle):
    exported = bundle.Bundle(folder)
    for validated in some:
        task = validated.task
        with Store(folder / "snapshots").open(task.snapshot) as snapshot:
            start = start_state(snapshot, task.setup_patch, task.candidate_patch)
            laid = members(exported.tree(task.instance_id))
            gold = members(exported.tree(task.instance_id, exported.gold(task.instance_id)))
            assert {path: content for path, (_, link, content) in laid.items() if not link} == dict(start)
            assert {path: link for path, (_, link, _) in laid.items() if link} == snapshot.links
            executable = {path for path in snapshot if snapshot.is_executable(path)}
            assert {path for path, (mode, link, _) in laid.items() if mode & 0o100 and not link} == executable
        assert {path for path in gold if gold[path] != laid[path]} == {target.file for target in task.targets}


def test_a_tree_is_the_same_archive_each_time_and_none_where_the_diff_does_not_fit(folder, some, bundle):
    exported, name = bundle.Bundle(folder), some[0].task.instance_id
    assert exported.tree(name) == exported.tree(name)
    for diff in (b"no diff\n", b"--- a/no.py\n+++ b/no.py\n@@ -1 +1 @@\n-a\n+b\n"):
        with pytest.raises(bundle.NoVerdict, match="the diff does not apply"):
            exported.tree(name, diff)


def test_a_diff_gets_the_same_verdict_as_from_hgen(folder, some, bundle, tmp_path):
    exported = bundle.Bundle(folder)
    tried = [(each.task.instance_id, diff) for each in some for diff in (each.task.patch, "", "no diff\n")]
    given = [{"instance_id": name, "model_patch": diff} for name, diff in tried]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    out = folder.parents[1]
    done = hgen("score", out, tmp_path / "p.jsonl", "--rewards", tmp_path / "r.jsonl", "-o", out)
    assert done.returncode == 0, done.stderr
    wanted = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    for (name, diff), row in zip(tried, wanted, strict=True):
        verdict = exported.grade(name, diff.encode())
        assert {key: row[key] for key in verdict if key in row} == {key: verdict[key] for key in verdict if key in row}
        assert {"reward", "resolved", "reasons", "module_f1", "file_recall"} <= set(verdict)
        assert bundle.numbers(verdict)["reward"] == float(diff == exported.gold(name).decode())


def test_a_damaged_snapshot_gives_no_verdict(folder, some, bundle, tmp_path):
    subprocess.run(["cp", "-r", folder, tmp_path / "trl"], check=True)
    exported = bundle.Bundle(tmp_path / "trl")
    for archive in (tmp_path / "trl/snapshots").iterdir():
        content = archive.read_bytes()
        archive.unlink()
        archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(bundle.NoVerdict, match="snapshot"):
        exported.grade(some[0].task.instance_id, b"")


HOSTILE_GIT = """
[core]
    hooksPath = {hooks}
    autocrlf = true
    excludesFile = {excludes}
[init]
    templateDir = {hooks}
[commit]
    gpgSign = true
"""


def test_what_an_agent_did_is_collected_whatever_git_is_told(folder, some, bundle, tmp_path):
    exported = bundle.Bundle(folder)
    task = some[0].task
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks/pre-commit").write_text("#!/bin/sh\ntouch ../hooked\n")
    (tmp_path / "hooks/pre-commit").chmod(0o755)
    (tmp_path / "excludes").write_text("*.py\n")
    (tmp_path / ".gitconfig").write_text(
        HOSTILE_GIT.format(hooks=tmp_path / "hooks", excludes=tmp_path / "excludes"), encoding="utf-8"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "GIT_DIR": str(tmp_path / "elsewhere")}
    tree, work = tmp_path / "tree", tmp_path / "work"
    tree.mkdir()
    work.mkdir()

    def sh(command: str, *arguments: str | Path, **changed: str) -> None:
        subprocess.run(["sh", "-c", command, "sh", *arguments], cwd=tree, env={**environment, **changed}, check=True)

    (tree / "start.tar").write_bytes(exported.tree(task.instance_id))
    sh(bundle.LAY_OUT, "start.tar")
    status = subprocess.run(
        ["git", "-c", "core.excludesFile=", "status", "--porcelain", "--ignored"], cwd=tree, capture_output=True,
        text=True, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"},
    )  # fmt: skip
    assert status.stdout == ""
    assert not (tmp_path / "hooked").exists()
    assert not (tmp_path / "elsewhere").exists()

    subprocess.run(["git", "apply", "-"], input=exported.gold(task.instance_id), cwd=tree, check=True)
    (tree / ".git/config").write_text("[core\n")
    (tree / "__pycache__").mkdir()
    (tree / "__pycache__/left.pyc").write_bytes(b"\0")
    (work / "start.tar").write_bytes(exported.tree(task.instance_id))
    (work / "grader.py").write_bytes(exported.grader.read_bytes())
    sh(bundle.COLLECT, work, PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert exported.grade(task.instance_id, (work / "answer.diff").read_bytes())["reward"] == 1


def test_an_archive_of_what_an_agent_left_gives_its_diff_and_a_damaged_one_earns_nothing(
    folder, some, bundle, tmp_path
):
    exported, name = bundle.Bundle(folder), some[0].task.instance_id
    (tmp_path / "tree.tar").write_bytes(exported.tree(name, exported.gold(name)))
    (tmp_path / "damaged.tar").write_bytes(b"no archive" * 1000)
    (tmp_path / "start.tar").write_bytes(exported.tree(name))
    assert exported.collected(name, tmp_path / "start.tar") == b""
    assert exported.grade(name, exported.collected(name, tmp_path / "tree.tar"))["reward"] == 1
    assert exported.grade(name, exported.collected(name, tmp_path / "damaged.tar"))["reward"] == 0


def test_an_answer_that_is_gone_earns_nothing_in_all_parts_and_says_why(folder, some, bundle):
    exported, name = bundle.Bundle(folder), some[0].task.instance_id
    verdict = exported.nothing(name, "the container is gone")
    assert set(bundle.numbers(verdict)) == set(bundle.numbers(exported.grade(name, exported.gold(name))))
    assert not any(bundle.numbers(verdict).values())
    [reason] = verdict["reasons"]
    assert "the container is gone" in reason["detail"]


@pytest.mark.parametrize("name", NAMES)
def test_rows_have_the_limits_that_the_export_was_asked_for(name, validated, tmp_path):
    limits = {"cpus": 2.5, "memory_mb": 3072, "agent_seconds": 77.0, "verifier_seconds": 88.0}
    chosen(name).write(views([validated(1)], store()), tmp_path / name, Config(export=limits))
    [row] = rows(tmp_path / name / "answers.zip")
    assert {limit: row[limit] for limit in limits} == limits


def test_git_gives_back_what_was_laid_out_byte_by_byte(bundle, tmp_path):
    files = {
        ".gitattributes": b"*.py text eol=lf\n*.bin filter=lfs\n*.txt ident working-tree-encoding=UTF-16\n",
        "x.py": b"x = 1\r\n", "data.bin": bytes(range(256)), "a.txt": b"$Id$\n",
    }  # fmt: skip
    tree_archive.write(str(tmp_path / "start.tar"), files, executable=(), links={"link": "x.py"})
    subprocess.run(["sh", "-c", bundle.LAY_OUT, "sh", "start.tar"], cwd=tmp_path, check=True)
    for path in [*files, "link"]:
        (tmp_path / path).unlink()
    subprocess.run(["git", "checkout", "-q", "--", "."], cwd=tmp_path, check=True)
    assert {path: (tmp_path / path).read_bytes() for path in files} == files
    assert (tmp_path / "link").readlink() == Path("x.py")


def test_the_commit_is_the_same_each_time_and_the_one_of_the_images(bundle, tmp_path):
    files = {"a/x.py": b"x = 1\n", "run.sh": b"#!/bin/sh\n"}
    whose = {"GIT_AUTHOR_NAME": "me", "GIT_COMMITTER_DATE": "1234567890 +0200", "GIT_DEFAULT_HASH": "sha256"}
    commits = set()
    for folder, environment in (("one", os.environ), ("two", {**os.environ, **whose})):
        (tmp_path / folder).mkdir()
        tree_archive.write(str(tmp_path / folder / "start.tar"), files, executable={"run.sh"}, links={"link": "run.sh"})
        command = ["sh", "-c", bundle.LAY_OUT, "sh", "start.tar"]
        subprocess.run(command, cwd=tmp_path / folder, env=environment, check=True)
    (tmp_path / "image").mkdir()
    lay_out._commit(tmp_path / "image", files, {"run.sh"}, {"link": "run.sh"})
    for folder in ("one", "two", "image"):
        shown = ["git", "log", "--format=%H %D"]
        commits.add(subprocess.run(shown, cwd=tmp_path / folder, capture_output=True, text=True, check=True).stdout)
    assert len(commits) == 1


def test_what_agents_get_to_see_has_no_answer(validated, tmp_path):
    tasks = [validated(number, family) for number in range(6) for family in ("dep-search", "func-localize")]
    allowed = {*PUBLIC, "name", "split", "image"}
    trl.write(views(tasks, store()), tmp_path / "trl", Config())
    nemo_gym.write(views(tasks, store()), tmp_path / "nemo-gym", Config())
    for file, asked in (("trl/grpo", {"prompt", "tools"}), ("trl/sft", {"messages", "tools"})):
        rows = [json.loads(line) for line in (tmp_path / file / "train.jsonl").read_text().splitlines()]
        assert [set(row) for row in rows] == [allowed | asked] * len(tasks)
    rows = [json.loads(line) for line in (tmp_path / "nemo-gym/data/train.jsonl").read_text().splitlines()]
    assert [set(row) for row in rows] == [allowed | {"responses_create_params", "agent_ref"}] * len(tasks)


@pytest.mark.parametrize(("licenses", "said"), [(["MIT"], "MIT"), (["MIT", "BSD-3-Clause"], "TBD"), (["BSD"], "TBD")])
def test_nemo_gym_is_told_the_license_where_all_rows_have_one_that_it_knows(licenses, said, validated, tmp_path):
    tasks = [validated(number, license=license_) for number, license_ in enumerate(licenses)]
    nemo_gym.write(views(tasks, store()), tmp_path / "nemo-gym", Config())
    config = yaml.safe_load((tmp_path / "nemo-gym/configs/hgen.yaml").read_text())
    [dataset] = config["hgen_simple_agent"]["responses_api_agents"]["simple_agent"]["datasets"]
    assert dataset["license"] == said


HOSTILE = '---\nconfigs: {{ splits }}\n---\n{% raw %} {0} $(id) ``` """ \\u0041 \u2028 \f \0 \U0001f600 ' + "x" * 50_000


@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_is_in_rows_only_and_survives(name, validated, tmp_path):
    calm, hostile = validated(1), validated(1, problem_statement=HOSTILE, repo="local:{{ x }}\n---")
    for task in (calm, hostile):
        chosen(name).write(views([task], store()), tmp_path / task.task.repo[:6] / name, Config())
    folders = [tmp_path / task.task.repo[:6] / name for task in (calm, hostile)]
    files = [{path.relative_to(folder) for path in folder.rglob("*") if path.is_file()} for folder in folders]
    assert files[0] == files[1]
    changed = {
        str(path) for path in files[0]
        if (folders[0] / path).read_bytes() != (folders[1] / path).read_bytes() and path.name != ".hgen.json"
    }  # fmt: skip
    assert {Path(path).suffix for path in changed} - {".jsonl"} == {".zip"}
    assert [row["problem_statement"] for row in rows(folders[1] / "answers.zip")] == [HOSTILE]


@pytest.mark.parametrize("name", NAMES)
def test_ids_that_are_no_names_of_files_have_one(name, validated, tmp_path):
    tasks = [validated(1, instance_id=each) for each in ("../A", "../a", "a b" * 99)]
    summary = chosen(name).write(views(tasks, store()), tmp_path / name, Config())
    assert summary.tasks == {"dep-search": 3}
    found = rows(tmp_path / name / "answers.zip")
    assert [row["name"] for row in found] == [*answers(tmp_path / name / "answers.zip")]
    assert [row["instance_id"] for row in found] == ["../A", "../a", "a b" * 99]


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_graded_there_is_left_out_and_said_to_be(name, validated, repaired, tmp_path):
    strange = validated(2, "riddles", graded_by="family")
    summary = chosen(name).write(views([validated(1), repaired, strange], store()), tmp_path / name, Config())
    assert summary.tasks == {"dep-search": 1}
    assert summary.left_out == {
        "riddles: the single-file grader does not judge it, `hgen score` does": 1,
        "verify-repair: its image is not built; use --images or --push-images": 1,
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_folders_are_there_also_if_all_tasks_are_left_out(name, validated, tmp_path):
    """The package of verifiers names them to its build backend, which wants them."""
    strange = validated(2, "riddles", graded_by="family")
    assert not chosen(name).write(views([strange], store()), tmp_path / name, Config()).tasks
    assert {"answers.zip", "snapshots"} <= {path.name for path in (tmp_path / name).iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_tasks_with_tests_name_their_images_once_these_are_built(name, validated, repaired, tmp_path):
    tasks = views([validated(1), repaired], store(), images=Images("registry/us", built=True))
    summary = chosen(name).write(tasks, tmp_path / name, Config())
    assert summary.tasks == {"dep-search": 1, "verify-repair": 1}
    found = rows(tmp_path / name / "answers.zip")
    assert [row["image"].partition(":")[0] for row in found] == ["", "registry/us/pypi-pack0"]


@pytest.mark.parametrize("name", NAMES)
def test_what_travels_is_the_code_in_the_templates_and_imports_no_hgen(name, validated, tmp_path):
    chosen(name).write(views([validated(1)], store()), tmp_path / name, Config())
    sources = {path.read_text() for path in resources.path("templates/export").rglob("*.py")}
    travelled = [path for path in (tmp_path / name).rglob("*.py") if path.name != "grader.py"]
    assert travelled
    for path in travelled:
        assert path.read_text() in sources
        assert "import hgen" not in path.read_text().replace("import hgen_tasks", "")
        assert "from hgen " not in path.read_text()
        assert "from hgen." not in path.read_text()
