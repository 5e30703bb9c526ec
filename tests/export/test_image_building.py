"""Images of tasks' environments: built on an engine, written as archives, pushed to a registry."""

import json
import os
import subprocess
from dataclasses import replace

import pytest

from hgen.config import Config, SandboxConfig
from hgen.engines import OpenEngine
from hgen.errors import ConfigError, SandboxError
from hgen.export import image_building
from hgen.export.context import SharedFiles, carry_context
from hgen.export.image_layer import MARK
from hgen.export.images import Images
from hgen.run import export
from hgen.sandbox.image import DEBIAN_BASE
from tests.export.registry import registry
from tests.export.test_images import CANDIDATE, stored

pytestmark = pytest.mark.container

LOOK = """
id agent
find /sandbox /opt/hgen -path '*/.git/*' -prune -o -printf '%p %M %u %g %l\\n' | sort
find /sandbox/repo -type f -not -path '*/.git/*' -exec sha256sum {} + | sort
tar -tvzf /opt/hgen/start.tar.gz
cd /sandbox/repo && git log --all --reflog --format='%H %an %ad' && git status --porcelain --ignored && git diff
cat .git/info/exclude .git/config
env | grep -v HOSTNAME | sort; pwd
"""


@pytest.fixture
def engine(tmp_path):
    with OpenEngine(SandboxConfig(), store=tmp_path / "store", cache=tmp_path / "cache") as engine:
        yield engine


def docker(engine: OpenEngine, *arguments: object, **options: object) -> str:
    command = ["docker", "-H", engine.generic.client.url, *map(str, arguments)]
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    return subprocess.run(command, capture_output=True, check=True, env=environment, **options).stdout.decode()


def nameless(engine: OpenEngine, label: str) -> list[str]:
    found = docker(engine, "images", "-q", "--filter", "dangling=true", "--filter", f"label={label}")
    return found.split()


@pytest.fixture
def built(engine, validated, tmp_path):
    """The view of a task whose image has just been built."""
    view = stored(validated(1), tmp_path, candidate_patch=CANDIDATE)
    image_building.build([view], engine, progress=lambda done: None)
    yield view
    engine.generic.client.remove_image(view.image)


def test_an_image_is_the_same_whether_hgen_builds_it_or_its_text_does(built, engine, tmp_path):
    carry_context(built, tmp_path / "context", SharedFiles())
    by_text = docker(engine, "build", "-q", "--build-arg", f"BASE={DEBIAN_BASE}", tmp_path / "context").strip()
    try:
        looks = [
            docker(engine, "run", "--rm", "--network", "none", image, "sh", "-c", LOOK)
            for image in (by_text, built.image)
        ]
        assert looks[0] == looks[1]
    finally:
        docker(engine, "rmi", by_text)
        docker(engine, "image", "prune", "-f", "--filter", f"label=hgen.snapshot={built.task.snapshot}")


def test_what_is_built_is_not_built_again(built, engine):
    before = engine.generic.client.image(built.image)
    image_building.build([built], engine, progress=lambda done: None)
    assert engine.generic.client.image(built.image) == before
    assert nameless(engine, MARK) == []


def test_the_same_image_under_another_prefix_is_named_not_built(built, engine, tmp_path):
    other = Images("localhost/elsewhere", built.images.base).name(built.task)
    view = replace(built, images=Images("localhost/elsewhere", built.images.base))
    image_building.build([view], engine, progress=lambda done: None)
    try:
        assert engine.generic.client.image(other) == engine.generic.client.image(built.image)
    finally:
        engine.generic.client.remove_image(other)


def test_what_a_stopped_build_has_left_is_gone_after_the_next(engine, validated, tmp_path):
    context = tmp_path / "left"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM {DEBIAN_BASE}\nLABEL {MARK}=left\nRUN touch /half && false\n")
    with pytest.raises(subprocess.CalledProcessError):
        docker(engine, "build", "--force-rm", context)
    assert nameless(engine, f"{MARK}=left")
    image_building.build([], engine, progress=lambda done: None)
    assert nameless(engine, f"{MARK}=left") == []


def test_an_archive_gives_the_image_back(built, engine, tmp_path):
    client = engine.generic.client
    archives = {built.task.repo: (built.image,)}
    (archive,) = image_building.write_archives(archives, client, tmp_path / "images")
    written = archive.stat().st_mtime_ns
    assert image_building.write_archives(archives, client, tmp_path / "images") == [archive]
    assert archive.stat().st_mtime_ns == written
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    identifier = client.image(built.image)
    client.remove_image(built.image)
    assert client.image(built.image) is None
    docker(engine, "load", "-i", archive)
    assert client.image(built.image) == identifier


def test_tasks_of_a_repository_share_an_archive_with_each_layer_once(built, engine, validated, tmp_path):
    other = stored(validated(2, repo=built.task.repo), tmp_path / "other")
    image_building.build([other], engine, progress=lambda done: None)
    client = engine.generic.client
    try:
        names = (built.image, other.image)
        (both,) = image_building.write_archives({"one": names}, client, tmp_path / "images")
        (single,) = image_building.write_archives({"two": names[:1]}, client, tmp_path / "images")
        assert both.stat().st_size < single.stat().st_size + 2_000_000
    finally:
        client.remove_image(other.image)


def test_images_are_pushed_to_a_real_registry_and_pulled_from_there(engine, validated, tmp_path):
    with registry(tmp_path / "registry") as address:
        images = Images(f"{address}/tasks", DEBIAN_BASE)
        view = stored(validated(1), tmp_path)
        view = replace(view, images=images)
        client = engine.generic.client
        image_building.push(image_building.build([view], engine, progress=lambda done: None), client)
        client.remove_image(view.image)
        assert client.image(view.image) is None
        client.pull(view.image)
        assert client.image(view.image)
        client.remove_image(view.image)


def test_a_registry_that_refuses_is_a_line_without_a_password(engine, validated, tmp_path, monkeypatch):
    # htpasswd -nbB user secret-word
    users = "user:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\n"
    with registry(tmp_path / "registry", users=users) as address:
        logins = {"auths": {address: {"auth": "dXNlcjp3cm9uZy13b3Jk"}}}
        (tmp_path / "config.json").write_text(json.dumps(logins), encoding="ascii")
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        view = stored(validated(1), tmp_path)
        view = replace(view, images=Images(f"{address}/tasks", DEBIAN_BASE))
        with OpenEngine(SandboxConfig(), store=tmp_path / "store", cache=tmp_path / "cache") as engine:
            archives = image_building.build([view], engine, progress=lambda done: None)
            with pytest.raises(SandboxError) as caught:
                image_building.push(archives, engine.generic.client)
            engine.generic.client.remove_image(view.image)
    assert view.image in str(caught.value)
    assert "wrong-word" not in str(caught.value)
    assert "dXNlcjp3cm9uZy13b3Jk" not in str(caught.value)


@pytest.mark.parametrize(
    "prefix",
    ["https://user:word@registry.example/x", "user:word@registry.example/x", "one", "A/b", "registry.example/x\n"],
)
def test_a_prefix_that_is_none_is_refused_before_anything_is_built(prefix, tmp_path):
    with pytest.raises(ConfigError, match="REGISTRY/PREFIX") as caught:
        export(Config(), tmp_path, push_images=prefix)
    assert "word@" not in str(caught.value)
