"""Assemble a repository's testbed: an environment in which its tests run, and which of them can be relied on."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hgen.config import BuildConfig
from hgen.errors import Skip
from hgen.records import Codebase, Environment, StableTest, Testbed
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers, ContainerSandbox
from hgen.sandbox.layout import StartState
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.report import TestRun
from hgen.testbed.environment.install import RepositoryTree, builder, install, keep, packed, version_of
from hgen.testbed.environment.requirements import answerable, declared
from hgen.testbed.environment.shopping import Shopping, wheels_for
from hgen.testbed.environment.wheels import Wheelhouse
from hgen.testbed.mutation.trials import trials
from hgen.testbed.running import run_jobs

_ROUNDS = 4
"""How often an environment is made again because something was missing."""
_WAYS = (Job(), Job(shuffle=1), Job(fork_each=True, trace=True))
"""A test is stable if it passes in order, in another order, and by itself; that time it is seen what it executes."""
_LONGER = 3
"""So many times as long may all tests take while they are traced and each sets up what others share."""
_PATHS = ((".",), (".", "src"), (".", "lib"))
_PLAIN = (("-o", "addopts="),)
"""Options for suites whose own ask for plugins that are not there."""
_ABSENT = re.compile(r"No module named '([A-Za-z_][A-Za-z0-9_]*)")
_DISTRIBUTIONS = {
    "attr": "attrs", "bs4": "beautifulsoup4", "dateutil": "python-dateutil", "dotenv": "python-dotenv",
    "jwt": "PyJWT", "pkg_resources": "setuptools<81", "serial": "pyserial", "sklearn": "scikit-learn",
    "yaml": "PyYAML", "zmq": "pyzmq", "PIL": "pillow",
}  # fmt: skip
"""Modules that are not called like their distribution."""


def assemble(
    codebase: Codebase, tree: RepositoryTree, house: Wheelhouse, limits: Limits, effort: BuildConfig
) -> Testbed:
    """The testbed of a repository, whose tests may use so much as ``limits`` say.

    Raises ``Skip`` if it cannot be built, or has too few stable tests.
    """
    shopping = Shopping(declared(tree.files))
    for left in reversed(range(_ROUNDS)):
        with _built(codebase, tree, house, limits, shopping) as (built, sandboxes):
            if built is None:
                continue
            state = tree.state(job={}, also=built.generated)
            with sandboxes.start(state) as sandbox:
                environment, found = _runnable(sandbox, built, effort)
            if shopping.add(_absent(found, tree)) and left:
                continue
            if not found.collected:
                raise Skip("slow-tests" if found.timed_out else "no-tests", _why(found))
            return _measured(codebase, sandboxes, state, environment, effort)
    raise Skip("install", f"after {_ROUNDS} rounds there is still something missing: {', '.join(shopping.extra)}")


@contextmanager
def _built(
    codebase: Codebase, tree: RepositoryTree, house: Wheelhouse, limits: Limits, shopping: Shopping
) -> Iterator[tuple[Environment | None, Containers]]:
    """An environment and sandboxes with it; None if the repository's own metadata asks for more."""
    python, machine = house.fetcher.python()
    wheels = wheels_for(house, shopping)
    version = version_of(codebase.repo.base_commit)
    with (
        builder(Client(house.client.url), house.image) as builders,
        builders.start(tree.state(job=packed(house, wheels))) as sandbox,
    ):
        installed = install(sandbox, installable=shopping.declared.installable, version=version)
        if installed.compiled:
            raise Skip("compiled-extension", ", ".join(installed.compiled[:5]))
        # Said by the repository's own build, which can say anything.
        if shopping.add(answerable(installed.missing, shopping.declared.name, {})):
            yield None, builders
            return
        environment = Environment(
            snapshot=codebase.repo.snapshot,
            python=python,
            machine=machine,
            wheels=wheels,
            editable=installed.editable,
            path=(),
            generated=installed.generated,
            options=(),
        )
        image = keep(builders.client, sandbox.container, environment, house.image)
    with Containers(Client(house.client.url), image, limits) as sandboxes:
        yield environment, sandboxes


def _runnable(sandbox: ContainerSandbox, environment: Environment, effort: BuildConfig) -> tuple[Environment, TestRun]:
    """The environment with the import path and the options with which most tests are found, and what was found."""
    found: list[tuple[Environment, TestRun]] = []
    for options in ((), *_PLAIN):
        for path in _PATHS[:1] if environment.editable else _PATHS:
            job = Job(mode="collect", path=path, options=options, each=effort.each, seconds=effort.seconds)
            run = run_jobs(sandbox, [job])[0]
            limits = {"test_seconds": effort.each, "run_seconds": effort.seconds}
            found.append((environment.model_copy(update={"path": path, "options": options, **limits}), run))
            if run.timed_out or (run.collected and not run.broken):
                return found[-1]
    best = max(found, key=lambda one: (len(one[1].collected), -len(one[1].broken)))
    # Where nothing is found, what was tried last says best why.
    return best if best[1].collected else found[-1]


def _absent(found: TestRun, tree: RepositoryTree) -> list[str]:
    """Distributions for the modules that tests import and that are neither there nor in the tree."""
    names = {match[1] for why in found.broken.values() for match in _ABSENT.finditer(why)}
    own = {part for path in tree.files for part in path.removesuffix(".py").split("/")}
    return sorted(_DISTRIBUTIONS.get(name, name) for name in names - own - sys.stdlib_module_names)


def _measured(
    codebase: Codebase, sandboxes: Containers, state: StartState, environment: Environment, effort: BuildConfig
) -> Testbed:
    ordered, shuffled, by_itself = [_run(sandboxes, state, environment, effort, way) for way in _WAYS]
    stable = ordered.passed & shuffled.passed & by_itself.passed
    if len(stable) < effort.min_tests:
        raise Skip("too-few-tests", f"{len(stable)} stable tests of {len(ordered.results)}; {_why(ordered)}")
    places = {(symbol.file, symbol.start_line): number for number, symbol in enumerate(codebase.symbols)}
    covers = {
        test: frozenset(places[place] for place in executed if place in places)
        for test, executed in by_itself.covers.items()
    }
    tests = tuple(
        # Times differ from run to run; what is kept is coarse.
        StableTest(
            id=test,
            seconds=_coarse(shuffled.results[test].seconds),
            covers=tuple(sorted(covers.get(test, ()))),
        )
        for test in ordered.results
        if test in stable
    )
    with sandboxes.start(state) as sandbox:
        tried = trials(
            codebase,
            state.files,
            tests,
            imported=covers.get("", frozenset()),
            environment=environment,
            sandbox=sandbox,
            effort=effort,
        )
    return Testbed(environment=environment, tests=tests, trials=tried)


def _run(sandboxes: Containers, state: StartState, environment: Environment, effort: BuildConfig, way: Job) -> TestRun:
    """All tests in one way, in a sandbox of their own: what one run leaves must not help the next."""
    job = replace(
        way,
        path=environment.path,
        options=environment.options,
        each=effort.each,
        seconds=effort.seconds * (_LONGER if way.fork_each else 1),
    )
    with sandboxes.start(state) as sandbox:
        run = run_jobs(sandbox, [job])[0]
    if run.timed_out:
        raise Skip("slow-tests", f"{run.seconds:.0f} s; {_why(run)}")
    return run


def _coarse(seconds: float) -> float:
    """Rounded up to a power of two of a hundredth of a second."""
    step = 0.01
    while step < seconds:
        step *= 2
    return round(step, 2)


def _why(run: TestRun) -> str:
    broken = " | ".join(f"{name}: {why}" for name, why in sorted(run.broken.items())[:3])
    said = f"{broken} {run.log}".strip()[-800:]
    return said or f"pytest said nothing, and ended with status {run.exit_code}"
