"""What the image of a task's environment is made of: the text that builds it, and the files that the text names."""

import hashlib
import json
import shlex
from functools import cache
from importlib.resources import files

from hgen.grader import grader_source
from hgen.records import Environment, Task
from hgen.sandbox.image import BASE, containerfile
from hgen.sandbox.layout import AGENT, TREE
from hgen.scoring.standalone import tree_archive
from hgen.testbed.environment.install import VERSION_VARIABLES, version_of

TOOLS = "/opt/hgen"
"""The folder of the image with what collects the answer; root's."""

ALSO = "/testbed"
"""Another name for the tree, where SWE-bench's harness and mini-swe-agent look for it."""

START = "start.json.gz"
"""The file of the context that says how to get from the snapshot to the start state."""

TOOLBOX = "tools.tar.gz"
"""The file of the context with what the image gets in ``TOOLS``: one, and compressed, so that the Hub, which keeps such
files by their contents, takes that of ten thousand tasks once."""

WHEELS = "wheels"
"""The folder of the context with what a repository's tests need."""

SHELL = {
    "PATH": "/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""The environment of all commands in the image."""

_HEAD = """\
# The environment of tasks about {repo} {base_commit} ({license}), made by hgen. No network is needed once it is built.
# No layer of the image has an answer: the snapshot stays in the first stages, of which a start state is taken over.
ARG BASE={base}
"""

_TESTBED = """\

FROM generic AS installed
LABEL hgen.stage=installed hgen.snapshot={snapshot}
RUN test "$(python3 -c 'import platform, sys; print(*sys.version_info[:2], platform.machine())')" = "{wanted}" \\
    || {{ echo 'These wheels are for Python {python} on {machine}: build with --build-arg BASE=IMAGE' >&2; exit 1; }}
COPY {snapshot}.zip /context/
COPY {wheels}/ /context/{wheels}/
RUN python3 -I {tools}/lay_out.py /context {tree} /context/start.tar.gz && chown -R {agent}:{agent} {tree} /opt/venv
USER {agent}
WORKDIR {tree}
RUN {variables} HOME=/tmp python3 -I {tools}/installer.py /opt/venv /context/{wheels} {how} > /tmp/report
USER 0
RUN chmod -R go-w /opt/venv

FROM generic AS testbed
COPY --from=installed --chown=0:0 /opt/venv /opt/venv
"""

_TAIL = """\

FROM generic AS start
LABEL hgen.stage=start hgen.snapshot={snapshot}
COPY {snapshot}.zip {start} /context/
RUN python3 -I {tools}/lay_out.py /context {tree} /context/start.tar.gz

FROM {below}
COPY --from=start --chown={agent}:{agent} {tree} {tree}
COPY --from=start /context/start.tar.gz {tools}/start.tar.gz
{settings}
"""


def dockerfile(task: Task, base: str) -> str:
    """The text that builds a task's image from its context, the same for all tasks of a repository.

    ``base`` is the base image, which may be another for tests that need a certain Python; empty means the usual one.
    """
    where = {"snapshot": task.snapshot, "start": START, "tree": TREE, "agent": AGENT, "tools": TOOLS}
    head = _HEAD.format(
        repo=_one_line(task.repo), base_commit=_one_line(task.base_commit), license=_one_line(task.license),
        base=base or usual_base(task),
    )  # fmt: skip
    generic = containerfile().decode().partition("FROM ${BASE}\n")[2]
    stages = [head, "FROM ${BASE} AS generic\n", generic, shared()]
    if task.environment is not None:
        stages.append(_testbed(task, task.environment, where))
    below = "generic" if task.environment is None else "testbed"
    return "".join([*stages, _TAIL.format(**where, below=below, settings=settings(task))])


def usual_base(task: Task) -> str:
    """The base image where none is asked for: for tests one that has the Python that their wheels are for."""
    return BASE if task.environment is None else f"python:{task.environment.python}-slim"


def shared() -> str:
    """The instructions whose outcome all images on one base have in common.

    ``patch`` goes: where ``git apply`` refuses an answer, SWE-bench's harness applies it with ``patch``, as root, which
    writes to ``.git/config`` what git then runs. Where it is missing such an answer does not apply.
    """
    made = f"git config --system --add safe.directory {TREE} && ln -s {TREE} {ALSO} && rm -f $(which -a patch)"
    return f"ADD {TOOLBOX} {TOOLS}/\nRUN {made}\n"


def settings(task: Task) -> str:
    """The last instructions of the text: what the image says about itself, and where commands begin."""
    labels = {
        "hgen.snapshot": task.snapshot,
        "org.opencontainers.image.title": f"{task.repo} {task.base_commit}",
        "org.opencontainers.image.licenses": task.license,
        "org.opencontainers.image.version": task.base_commit,
        "org.opencontainers.image.vendor": "hgen",
    }
    return "\n".join([
        "ENV " + " ".join(f"{name}={_quoted(value)}" for name, value in SHELL.items()),
        "LABEL " + " ".join(f"{name}={_quoted(value)}" for name, value in labels.items()),
        f"WORKDIR {TREE}",
        # Nothing in a container has to be tidied up: whoever ends one need not wait until it gives up.
        "STOPSIGNAL SIGKILL",
    ])  # fmt: skip


def start(task: Task) -> bytes:
    """What the file ``START`` of a task holds."""
    row = {
        "setup_patch": task.setup_patch,
        "candidate_patch": task.candidate_patch,
        "generated": task.environment.generated if task.environment else {},
    }
    return json.dumps(row, sort_keys=True).encode() + b"\n"


@cache
def tools() -> dict[str, bytes]:
    """What every image has in ``TOOLS``, by their names."""
    return {
        "grader.py": grader_source().encode(),
        "lay_out.py": (files("hgen.export.environment") / "lay_out.py").read_bytes(),
        "collect.sh": (files("hgen.export.environment") / "collect.sh").read_bytes(),
        "installer.py": (files("hgen.testbed.environment") / "installer.py").read_bytes(),
    }


@cache
def toolbox() -> bytes:
    """The file ``TOOLBOX``."""
    return tree_archive.packed(tools(), executable=(), links={})


@cache
def script(name: str) -> bytes:
    """A script of this folder that runs in an image; if it asks which tools it is for, it is told their digests."""
    text = (files("hgen.export.environment") / name).read_text(encoding="utf-8")
    for mark, tool in (("@GRADER@", "grader.py"), ("@COLLECT@", "collect.sh")):
        text = text.replace(mark, hashlib.sha256(tools()[tool]).hexdigest())
    return text.encode()


def digest(task: Task, base: str) -> str:
    """A digest of all that an image is made of: equal digests, equal environments."""
    parts = [dockerfile(task, base).encode(), _tools_digest(), start(task)]
    if task.environment is not None:
        parts.append(task.environment.model_dump_json().encode())
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _testbed(task: Task, environment: Environment, where: dict[str, object]) -> str:
    version = version_of(task.base_commit)
    return _TESTBED.format(
        **where,
        wanted=" ".join([*environment.python.split("."), environment.machine]),
        python=environment.python,
        machine=environment.machine,
        wheels=WHEELS,
        variables=" ".join(f"{name}={shlex.quote(version)}" for name in VERSION_VARIABLES),
        how="install" if environment.editable else "path",
    )


@cache
def _tools_digest() -> bytes:
    return hashlib.sha256(repr(sorted(tools().items())).encode()).digest()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> str:
    """A text as one word of a Dockerfile's instruction."""
    escaped = _one_line(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'
