"""The travelling grader: the scoring package as one file that needs nothing but Python 3.9 or newer."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import hgen.scoring
from hgen import __version__
from hgen.records import Task
from hgen.sandbox.layout import TREE
from hgen.scoring import BY_RUNNING, SCORERS, StaticTask
from hgen.scoring.standalone.answer_file import AnswerFile, Listing, TestRunning, pack
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots import Snapshot
from hgen.testbed.mutation.neutral import neutral_files
from hgen.testbed.running import driver

_HEAD = '''#!/usr/bin/env python3
"""Grade an answer to a task of hgen; one file, standard library only, Python 3.9 or newer.

    python3 -I -S {name} --answer ANSWER --start PATH (--tree TREE | --diff FILE)
                         [--task NAME] [--reward-file FILE] [--details-file FILE] [--python PYTHON]

Generated from hgen {version}; the parts below are its scoring package, sources digest {digest}.
"""

import os
import sys

if __name__ == "__main__" and not (sys.flags.isolated and sys.flags.no_site and sys.flags.utf8_mode):
    # What PYTHONPATH, this file's folder or sitecustomize could smuggle in must not reach the verdict, nor must the
    # locale; so this comes before any import that is not a part of every running Python.
    _OPTIONS = ["-I", "-S", "-B", "-X", "utf8"]
    os.execv(sys.executable, [sys.executable, *_OPTIONS, os.path.abspath(__file__), *sys.argv[1:]])

import importlib.abc
import importlib.machinery

_SOURCES = {{}}
'''

_TAIL = '''

class _Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the parts above, and hgen from nowhere else."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in _SOURCES:
            return None
        package = any(name.startswith(fullname + ".") for name in _SOURCES)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=package)

    def exec_module(self, module):
        name = module.__name__
        exec(compile(_SOURCES[name], "<grader: " + name + ">", "exec"), module.__dict__)


def _main():
    sys.meta_path.insert(0, _Sources())
    from hgen.scoring.standalone.main import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_main())
'''


def grader_source(name: str = "grader.py") -> str:
    """The text of the grader; the same for the same version of hgen."""
    sources = _sources()
    digest = hashlib.sha256(repr(sorted(sources.items())).encode()).hexdigest()[:16]
    parts = [f"_SOURCES[{module!r}] = {_literal(source)}\n" for module, source in sorted(sources.items())]
    return _HEAD.format(name=name, version=__version__, digest=digest) + "".join(parts) + _TAIL


def travels(task: Task) -> bool:
    """Whether the grader judges such tasks: it does, unless the family brings a scorer of its own."""
    return task.graded_by in BY_RUNNING or task.graded_by in SCORERS


def answer_file(
    task: Task, snapshot: Snapshot, listed: Listing | None = None, row: Mapping[str, object] | None = None
) -> bytes:
    """The private answer file of a task, given its snapshot: what the grader needs and the agent must not see.

    The snapshot's contents are not in it: whoever grades gives its archive to the grader, or the start state.
    ``listed`` is the snapshot's ``listing``, if it is known; ``row`` the task's row, if all of it is to be in the file.
    """
    listed = listed or listing(snapshot)
    columns = task.model_dump(mode="json")
    asked: StaticTask | TestedTask
    tests = None
    if task.graded_by in BY_RUNNING:
        asked = TestedTask.of(columns)
        tests = _test_running(task, asked, snapshot)
    else:
        asked = StaticTask.of(columns)
    answer = AnswerFile(task.instance_id, asked, task.setup_patch, task.candidate_patch, listed, tests)
    return pack(answer, row)


def listing(snapshot: Snapshot) -> Listing:
    """What a snapshot holds, as an answer file says it."""
    return Listing(
        digest=snapshot.digest,
        size=sum(map(snapshot.size, snapshot)),
        files=tuple(snapshot),
        executable=tuple(filter(snapshot.is_executable, snapshot)),
        links=tuple(snapshot.links.items()),
    )


def _test_running(task: Task, asked: TestedTask, snapshot: Snapshot) -> TestRunning:
    assert task.environment is not None
    place = str(TREE) if task.environment.editable else ""
    return TestRunning(driver(), tuple(neutral_files(asked, snapshot)), place)


def _sources() -> dict[str, str]:
    """The modules of the scoring package by their names, and an empty ``hgen`` around them."""
    root = Path(hgen.scoring.__path__[0])
    sources = {"hgen": ""}
    for file in sorted(root.rglob("*.py")):
        parts = ("hgen", "scoring", *file.relative_to(root).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        sources[name] = file.read_text(encoding="utf-8")
    return sources


def _literal(source: str) -> str:
    """The source as a raw string that can be read and compared, if it can be one."""
    if "'''" in source or source.endswith(("'", "\\\\")):
        return repr(source)
    return f"r'''{source}'''"
