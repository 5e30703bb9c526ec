"""Tasks that are judged by tests, from the repository to the reward, on each engine; and what is left afterwards."""

import io
import json
import os
import secrets
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hgen.sandbox import labels
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState
from hgen.testbed.environment import images
from tests.command import HGEN, environment
from tests.testbed import world

pytestmark = pytest.mark.container

LICENSE = (Path(__file__).parents[2] / "LICENSE").read_bytes()


def abandoned(client: Client) -> set[str]:
    """What is there of an hgen that is gone, whatever a living one uses."""
    found = client.containers(labels.MARK) + client.volumes(labels.MARK)
    return {item.name for item in found if labels.abandoned(item.labels)}


@pytest.mark.network
def test_tasks_are_built_proven_and_graded_and_nothing_is_left(client: Client, tmp_path: Path) -> None:
    for path, content in {**world.snapshot_files(), "LICENSE": LICENSE}.items():
        (tmp_path / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / path).write_bytes(content)
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    before, networks = abandoned(client), {network["Id"] for network in client._api.networks()}

    def hgen(*arguments: object) -> list[dict[str, object]]:
        settings = (f"sandbox.engine={client.kind}", "build.min_tests=4", "build.targets=2", "build.mutants=6")
        options = [*(word for text in settings for word in ("--set", text)), "-o", out, "--json"]
        done = subprocess.run(
            [*HGEN, *map(str, [*arguments, *options])],
            capture_output=True, text=True, check=False,
            env=environment() | {"TMPDIR": str(temporary), "DOCKER_HOST": client.url},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answer: list[dict[str, object]] = json.loads(done.stdout)
        assert abandoned(client) <= before, arguments
        assert not list(temporary.iterdir()), arguments
        return answer

    hgen("mine", tmp_path / "shop")
    hgen("parse")
    families = [word for family in ("func-gen", "test-gen", "verify-repair") for word in ("--task", family)]
    built, synthesized = hgen("synth", *families)
    assert built["rejects"] == {}
    assert synthesized["out"] == 3, synthesized
    (validated,) = hgen("validate", "-j", "2")
    assert (validated["out"], validated["rejects"]) == (3, {})
    hgen("export", "--format", "jsonl")
    tasks = [
        json.loads(line) for file in (out / "export/jsonl").glob("*.jsonl") for line in file.read_text().splitlines()
    ]
    for name, patch in (("gold", "patch"), ("empty", "")):
        rows = [{"instance_id": task["instance_id"], "model_patch": task.get(patch, "")} for task in tasks]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        hgen("score", out / "validate", tmp_path / f"{name}.jsonl", "-j", "2")
    rewards = {
        name: [json.loads(line)["reward"] for line in (tmp_path / f"{name}.rewards.jsonl").read_text().splitlines()]
        for name in ("gold", "empty")
    }
    right = sum(task["family"] == "verify-repair" and not task["patch"] for task in tasks)
    assert rewards["gold"] == [1.0] * 3
    assert sum(rewards["empty"]) == right
    assert {network["Id"] for network in client._api.networks()} == networks


@pytest.fixture
def label(client: Client) -> Iterator[str]:
    """A label that only this test's images have."""
    label = f"hgen.testbed.{secrets.token_hex(4)}"
    yield label
    # What is built on another comes first.
    for image in reversed(client.images(label)):
        client._api.remove_image(image.identifier, force=True)


def made(client: Client, base: str, label: str, content: bytes, tag: str) -> str:
    """An image as ``building.keep`` makes it; gives its tag."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("venv/installed")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, file in (
            ("Containerfile", b"ARG BASE\nFROM ${BASE}\nADD venv.tar /opt/\n"),
            ("venv.tar", packed.getvalue()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(file)
            archive.addfile(member, io.BytesIO(file))
    context.seek(0)
    client.build(context, tag=tag, arguments={"BASE": base}, labels={label: tag, images.MARK: tag})
    return tag


def test_images_of_testbeds_that_nothing_uses_are_removed_and_no_others(client: Client, image: str, label: str) -> None:
    one, other = os.urandom(1_000_000), os.urandom(2_000_000)
    token = label.rpartition(".")[2]
    used, unused, same = (f"{images.NAME}:{token}-{name}" for name in ("used", "unused", "same"))
    theirs = f"localhost/somebody:{token}"
    made(client, image, label, one, used)
    for tag in (unused, same):
        made(client, image, label, other, tag)
    made(client, used, label, b"debugging", theirs)
    assert client.top_layer(used).size in range(1_000_000, 1_010_000)
    found = images.kept(client, label=label)
    assert set(found.tags) == {used, unused, same}
    assert found.size in range(3_000_000, 3_020_000), "what two images share is counted once"
    assert set(found.tags) <= set(images.kept(client).tags)
    container = client._api.create_container(used, ["/bin/sleep", "1"])["Id"]
    try:
        removed = images.remove_unused(client, label=label)
        assert set(removed.tags) == {unused, same}
        assert removed.size in range(2_000_000, 2_010_000)
        assert client.image(used)
        assert client.image(theirs)
        assert not client.image(unused)
        assert not client.image(same)
        assert images.remove_unused(client, label=label) == images.Kept((), 0)
    finally:
        client.remove_container(container)


def test_the_doctor_leaves_images_to_another_hgen_that_is_at_work(
    client: Client, image: str, label: str, containers: Containers
) -> None:
    tag = made(client, image, label, b"x", f"{images.NAME}:{label.rpartition('.')[2]}")
    with containers.start(StartState({})):
        done = subprocess.run(
            [*HGEN, "doctor", "--clean", "--json"],
            capture_output=True, text=True, check=False, env=environment() | {"DOCKER_HOST": client.url},
        )  # fmt: skip
    (row,) = (row for row in json.loads(done.stdout) if row["what"] == "clean-up")
    assert row["others_at_work"] is True
    assert (row["images"], row["bytes"]) == ([], 0)
    assert "another hgen is at work there" in done.stderr
    assert client.image(tag)
