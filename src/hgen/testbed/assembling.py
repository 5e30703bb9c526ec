"""Assemble a repository's testbed: an environment in which its tests run, and which of them can be relied on."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from hgen.config import BuildConfig
from hgen.errors import Skip
from hgen.records import Codebase, Environment, StableTest, Testbed, Wheel
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers, ContainerSandbox
from hgen.sandbox.layout import StartState
from hgen.scoring.driving import Job
from hgen.scoring.testruns import TestRun
from hgen.testbed.building import Tree, builder, install, keep, packed, version_of
from hgen.testbed.requirements import Declared, answerable, declared
from hgen.testbed.running import run_jobs
from hgen.testbed.trials import trials
from hgen.testbed.wheels import Wheelhouse

_ROUNDS = 4
"""How often an environment is made again because something was missing."""
_WAYS: tuple[dict[str, Any], ...] = ({}, {"shuffle": 1}, {"apart": True, "trace": True})
"""A test is stable if it passes in order, in another order, and by itself; that time it is seen what it executes."""
_LONGER = 3
"""So many times as long may all tests take while they are traced and each sets up what others share."""
_PATHS = ((".",), (".", "src"), (".", "lib"))
_PLAIN = (("-o", "addopts="),)
"""Options for suites whose own ask for plugins that are not there."""
_ABSENT = re.compile(r"No module named '([A-Za-z_][A-Za-z0-9_]*)")
_UNKNOWN = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)")
_BACKEND_HELPERS = {"hatchling": "editables", "flit-core": "flit-core"}
"""What a build backend needs besides itself for an installation in editable form."""
_DISTRIBUTIONS = {
    "attr": "attrs", "bs4": "beautifulsoup4", "dateutil": "python-dateutil", "dotenv": "python-dotenv",
    "jwt": "PyJWT", "pkg_resources": "setuptools<81", "serial": "pyserial", "sklearn": "scikit-learn",
    "yaml": "PyYAML", "zmq": "pyzmq", "PIL": "pillow",
}  # fmt: skip
"""Modules that are not called like their distribution."""


def assemble(codebase: Codebase, tree: Tree, house: Wheelhouse, limits: Limits, effort: BuildConfig) -> Testbed:
    """The testbed of a repository, whose tests may use so much as ``limits`` say.

    Raises ``Skip`` if it cannot be built, or has too few stable tests.
    """
    plan = _Plan(declared(tree.files))
    for left in reversed(range(_ROUNDS)):
        with _built(codebase, tree, house, limits, plan) as (built, sandboxes):
            if built is None:
                continue
            state = tree.state(job={}, also=built.generated)
            with sandboxes.start(state) as sandbox:
                environment, found = _runnable(sandbox, built, effort)
            if plan.add(_absent(found, tree)) and left:
                continue
            if not found.collected:
                raise Skip("slow-tests" if found.timed_out else "no-tests", _why(found))
            return _measured(codebase, sandboxes, state, environment, effort)
    raise Skip("install", f"after {_ROUNDS} rounds there is still something missing: {', '.join(plan.extra)}")


@dataclass
class _Plan:
    """What to install; grows with what turns out to be missing, shrinks by what no index has as a wheel."""

    told: Declared
    extra: list[str] = field(default_factory=list)
    without: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)

    @property
    def needed(self) -> list[str]:
        helpers = [_BACKEND_HELPERS.get(_name(text), "") for text in self.told.build]
        return ["pytest", *self.told.build, *filter(None, helpers), *self.told.own]

    def requirements(self) -> list[str]:
        wanted = [*self.needed, *(text for group in self.told.tests for text in group), *self.extra]
        return [text for text in dict.fromkeys(wanted) if _name(text) not in self.without]

    def add(self, texts: Sequence[str]) -> bool:
        """Whether there is something new among what is missing; nothing is asked for twice."""
        fresh = [text for text in texts if _name(text) not in self.tried | {self.told.name}]
        self.tried |= {_name(text) for text in fresh}
        self.extra += fresh
        return bool(fresh)

    def drop(self, name: str) -> bool:
        """Do without a requirement that no wheel meets, if only tests ask for it."""
        known = {_name(text) for text in self.requirements()} - {_name(text) for text in self.needed}
        if canonicalize_name(name) not in known:
            return False
        self.without.add(canonicalize_name(name))
        return True


@contextmanager
def _built(
    codebase: Codebase, tree: Tree, house: Wheelhouse, limits: Limits, plan: _Plan
) -> Iterator[tuple[Environment | None, Containers]]:
    """An environment and sandboxes with it; None if the repository's own metadata asks for more."""
    python, machine = house.fetcher.python()
    wheels = _wheels(house, plan)
    version = version_of(codebase.repo.base_commit)
    with (
        builder(Client(house.client.url), house.image) as builders,
        builders.start(tree.state(job=packed(house, wheels))) as sandbox,
    ):
        installed = install(sandbox, installable=plan.told.installable, version=version)
        if installed.compiled:
            raise Skip("compiled-extension", ", ".join(installed.compiled[:5]))
        # Said by the repository's own build, which can say anything.
        if plan.add(answerable(installed.missing, plan.told.name, {})):
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


def _wheels(house: Wheelhouse, plan: _Plan) -> tuple[Wheel, ...]:
    """Wheels for all that can be had; the repository's own distribution is what lies in the tree."""
    groups = list(plan.told.tests)
    while True:
        try:
            found = house.choose(plan.requirements())
        except Skip as skip:
            unknown = _UNKNOWN.search(skip.detail)
            if unknown and plan.drop(unknown[1]):
                continue
            if not groups:
                raise
            # What contradicts itself is left out from the end: the groups that tell least.
            groups.pop()
            plan.told = Declared(plan.told.name, plan.told.installable, plan.told.build, plan.told.own, tuple(groups))
            continue
        return tuple(wheel for wheel in found if parse_wheel_filename(wheel.name)[0] != plan.told.name)


def _runnable(sandbox: ContainerSandbox, environment: Environment, effort: BuildConfig) -> tuple[Environment, TestRun]:
    """The environment with the import path and the options with which most tests are found, and what was found."""
    found: list[tuple[Environment, TestRun]] = []
    for options in ((), *_PLAIN):
        for path in _PATHS[:1] if environment.editable else _PATHS:
            job = Job(mode="collect", path=path, options=options, each=effort.each, seconds=effort.seconds)
            run = run_jobs(sandbox, [job])[0]
            found.append((environment.model_copy(update={"path": path, "options": options}), run))
            if run.timed_out or (run.collected and not run.broken):
                return found[-1]
    best = max(found, key=lambda one: (len(one[1].collected), -len(one[1].broken)))
    # Where nothing is found, what was tried last says best why.
    return best if best[1].collected else found[-1]


def _absent(found: TestRun, tree: Tree) -> list[str]:
    """Distributions for the modules that tests import and that are neither there nor in the tree."""
    names = {match[1] for why in found.broken.values() for match in _ABSENT.finditer(why)}
    own = {part for path in tree.files for part in path.removesuffix(".py").split("/")}
    return sorted(_DISTRIBUTIONS.get(name, name) for name in names - own - sys.stdlib_module_names)


def _measured(
    codebase: Codebase, sandboxes: Containers, state: StartState, environment: Environment, effort: BuildConfig
) -> Testbed:
    ordered, shuffled, apart = [_run(sandboxes, state, environment, effort, way) for way in _WAYS]
    stable = ordered.passed & shuffled.passed & apart.passed
    if len(stable) < effort.min_tests:
        raise Skip("too-few-tests", f"{len(stable)} stable tests of {len(ordered.results)}; {_why(ordered)}")
    places = {(symbol.file, symbol.start_line): number for number, symbol in enumerate(codebase.symbols)}
    covers = {
        test: frozenset(places[place] for place in executed if place in places)
        for test, executed in apart.covers.items()
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


def _run(
    sandboxes: Containers, state: StartState, environment: Environment, effort: BuildConfig, way: Mapping[str, Any]
) -> TestRun:
    """All tests in one way, in a sandbox of their own: what one run leaves must not help the next."""
    job = Job(
        path=environment.path,
        options=environment.options,
        each=effort.each,
        seconds=effort.seconds * (_LONGER if "apart" in way else 1),
        **way,
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


def _name(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)
