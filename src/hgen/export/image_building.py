"""Build the images of tasks on a container engine, write them as archives, and push them to a registry."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryFile

from hgen.engines import OpenEngine
from hgen.errors import SandboxError, ShardError
from hgen.export.environment.recipe import digest
from hgen.export.image_layer import MARK, write_layer_context
from hgen.export.names import safe_name
from hgen.export.view import TaskView
from hgen.records import Task
from hgen.sandbox.client import Client
from hgen.sandbox.connection import EngineRefusal
from hgen.scoring import Refusal
from hgen.scratch import scratch
from hgen.shards import sync_folder

Archives = dict[str, tuple[str, ...]]
"""The names of images by the repository that they are about; those of one repository go into one archive."""


def build(views: Iterable[TaskView], engine: OpenEngine, *, progress: Callable[[int], None]) -> Archives:
    """Have the image of every task on an engine; one that is there is not built again.

    ``progress`` is told after how many tasks. Raises ``ShardError`` for a snapshot that is missing, damaged or not the
    task's, ``SandboxError`` and ``NetworkError`` for what the engine or the package index does not give.
    """
    client = engine.generic.client
    _sweep(client, MARK)
    names: dict[str, dict[str, None]] = {}
    for number, view in enumerate(views, start=1):
        if client.image(view.image) is None:
            _make(view, engine)
        names.setdefault(view.task.repo, {})[view.image] = None
        progress(number)
    return {repo: tuple(of) for repo, of in sorted(names.items())}


def write_archives(archives: Archives, client: Client, folder: Path) -> list[Path]:
    """Write an archive for each repository, which ``docker load`` takes; what its images share is in it once.

    An archive is named after what is in it: one that is there is not written again, and none is there in part.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for repo, names in archives.items():
        content = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]
        archive = folder / f"{safe_name(repo)}-{content}.tar"
        written.append(archive)
        if archive.exists():
            continue
        with scratch(folder) as work:
            with (work / archive.name).open("wb") as file:
                client.save(names, file)
            (work / archive.name).rename(archive)
            sync_folder(folder)
    return written


def push(archives: Archives, client: Client) -> None:
    """Send all images to the registry that their names begin with."""
    for names in archives.values():
        for name in names:
            client.push(name)


def _make(view: TaskView, engine: OpenEngine) -> None:
    client, task = engine.generic.client, view.task
    made_of = digest(task, view.images.base)
    same = next((image for image in client.images(f"{MARK}={made_of}") if _is_named(image.tags)), None)
    if same is not None:
        # Under another prefix.
        client.tag(same.identifier, view.image)
        return
    try:
        with TemporaryFile() as context:
            write_layer_context(view, context)
            context.seek(0)
            base = _base(task, engine)
            client.build(context, tag=view.image, arguments={"BASE": base}, labels={}, network="none")
    except Refusal as refusal:
        raise ShardError(f"{task.instance_id}: {refusal.reason.detail}") from None
    finally:
        _sweep(client, f"{MARK}={made_of}")
    if client.image(view.image) is None:
        raise SandboxError(f"{client.kind} at {client.url} built {view.image} but does not have it")


def _base(task: Task, engine: OpenEngine) -> str:
    if task.environment is None:
        return engine.generic.image
    return engine.sandboxes(task.environment, base_commit=task.base_commit, name=task.repo).image


def _sweep(client: Client, label: str) -> None:
    """Remove what builds that were stopped have left."""
    for image in client.images(label):
        if not _is_named(image.tags):
            try:
                client.remove_image(image.identifier)
            except EngineRefusal:
                # Another hgen's build is about to use it.
                continue


def _is_named(tags: tuple[str, ...]) -> bool:
    return any("<none>" not in tag for tag in tags)
