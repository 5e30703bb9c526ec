"""Which functions a test executes, on the Python that runs these tests: it has ``sys.monitoring``, or it has not.

The tests that are traced are written here, so that they may run without a container.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hgen.scoring.tested.report import TestRun
from tests.testbed import local

LIBRARY = '''"""Functions of all kinds."""
import asyncio
import functools
import threading


def plain():
    return 1


def calls():
    return plain()


def raises():
    raise LookupError


def counted(number):
    return number if number == 0 else counted(number - 1)


def generator():
    try:
        yield 1
        yield 2
    except LookupError:
        yield 3


def delegating():
    yield from generator()


async def coroutine():
    await asyncio.sleep(0)
    return plain()


async def waits(event):
    await event.wait()


async def numbers():
    yield 1


@functools.cache
def cached(number):
    return number


def decorator(key):
    def decorated(function):
        return function
    return decorated


@decorator(lambda: 1)
def with_lambdas(key=lambda value: value, keys=[number for number in range(3)]):
    def inner():
        return key(1)
    return inner()


class Thing:
    made = plain()

    def __init__(self):
        self.items = {str(number) for number in range(3)}

    @property
    def value(self):
        return 1

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def static():
        return 2

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1
'''

GENERIC = """
def generic[T](value: T) -> T:
    return value


class Box[T]:
    def get[U](self, value: U) -> U:
        return value
"""


def traced(folder: Path, tests: str, library: str = LIBRARY) -> tuple[TestRun, dict[str, set[str]]]:
    """Run tests; gives the run, and which functions of the library each test executes."""
    run = local.run(folder, library, tests, fork_each=True, trace=True)
    assert run.whole, run.log
    names = dict(definitions(ast.parse(library)))
    covers = {
        test.rpartition("::")[2]: {names.get(line, f"line {line}") for file, line in places if file == "lib.py"}
        for test, places in run.covers.items()
    }
    return run, covers


def definitions(node: ast.AST, inside: str = "") -> Iterator[tuple[int, str]]:
    """First lines, those of decorators included, and qualified names."""
    for child in ast.iter_child_nodes(node):
        name = inside
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{inside}.{child.name}".lstrip(".")
            yield min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)]), name
        yield from definitions(child, name)


def functions_of_tests(run: TestRun, covers: Mapping[str, set[str]]) -> dict[str, set[str]]:
    assert {result.outcome for result in run.results.values()} == {"passed"}, run.results
    return {test: names for test, names in covers.items() if test}


def test_every_kind_of_function_counts_when_its_body_runs_and_no_sooner(tmp_path):
    run, covers = traced(
        tmp_path,
        "def test_call(): lib.calls()\n"
        "def test_again(): lib.calls(); lib.calls()\n"
        "def test_raises():\n    with pytest.raises(LookupError): lib.raises()\n"
        "def test_recursion(): lib.counted(3)\n"
        "def test_called_from_c(): assert sorted([2, 1], key=lib.counted) and list(map(lib.counted, [0]))\n"
        "def test_generator(): assert list(lib.generator()) == [1, 2]\n"
        "def test_generator_that_never_begins(): lib.generator().close()\n"
        "def test_delegating(): assert next(lib.delegating()) == 1\n"
        "def test_coroutine(): asyncio.run(lib.coroutine())\n"
        "def test_coroutine_that_never_begins(): lib.coroutine().close()\n"
        "def test_async_generator():\n"
        "    async def main(): assert [n async for n in lib.numbers()] == [1]\n"
        "    asyncio.run(main())\n"
        "def test_cached(): assert lib.cached(1)\n"
        "def test_cached_again(): assert lib.cached(1)\n"
        "def test_init(): lib.Thing()\n"
        "def test_methods(): t = lib.Thing.make(); assert t.value + t.static() == 3\n"
        "def test_operators(thing=lib.Thing()): assert thing == 1 and {thing}\n"
        "def test_nested(): assert lib.with_lambdas() == 1\n"
        "def test_nothing(): pass\n",
    )  # fmt: skip
    assert covers.pop("") == {"plain", "decorator", "decorator.decorated", "Thing.__init__"}
    found = functions_of_tests(run, covers)
    never = found.pop("test_generator_that_never_begins"), found.pop("test_coroutine_that_never_begins")
    # Before Python 3.12, closing goes into the body to raise what ends it there.
    assert never == (({"generator"}, {"coroutine"}) if sys.version_info < (3, 12) else (set(), set()))
    assert found == {
        "test_call": {"calls", "plain"},
        "test_again": {"calls", "plain"},
        "test_raises": {"raises"},
        "test_recursion": {"counted"},
        "test_called_from_c": {"counted"},
        "test_generator": {"generator"},
        "test_delegating": {"delegating", "generator"},
        "test_coroutine": {"coroutine", "plain"},
        "test_async_generator": {"numbers"},
        "test_cached": {"cached"},
        "test_cached_again": {"cached"},
        "test_init": {"Thing.__init__"},
        "test_methods": {"Thing.make", "Thing.__init__", "Thing.value", "Thing.static"},
        "test_operators": {"Thing.__eq__", "Thing.__hash__"},
        "test_nested": {"with_lambdas", "with_lambdas.inner"},
        "test_nothing": set(),
    }


def test_a_lambda_on_a_function_s_first_line_is_not_that_function(tmp_path):
    run, covers = traced(
        tmp_path,
        "def test_it(): assert lib.default(3) == 3\n",
        "def uses(key=lambda n: n): pass\ndefault, = uses.__defaults__\n",
    )
    assert functions_of_tests(run, covers) == {"test_it": set()}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_defining_a_generic_function_does_not_execute_it(tmp_path):
    run, covers = traced(
        tmp_path,
        "def test_function(): assert lib.generic(1) == 1\ndef test_method(): assert lib.Box().get(1) == 1\n",
        GENERIC,
    )
    assert "" not in covers
    assert functions_of_tests(run, covers) == {"test_function": {"generic"}, "test_method": {"Box.get"}}


def test_what_goes_on_counts_as_much_as_what_begins(tmp_path):
    run, covers = traced(
        tmp_path,
        "one, two, three = lib.generator(), lib.delegating(), lib.generator()\n"
        "loop = asyncio.new_event_loop()\n"
        "async def waits():\n    return (event := asyncio.Event()), loop.create_task(lib.waits(event))\n"
        "event, task = loop.run_until_complete(waits())\n"
        "loop.run_until_complete(asyncio.sleep(0))\n"
        "assert next(one) == next(two) == next(three) == 1\n"
        "def test_goes_on(): assert next(one) == 2\n"
        "def test_goes_on_inside(): assert next(two) == 2\n"
        "def test_is_thrown_into(): assert three.throw(LookupError()) == 3\n"
        "def test_a_task_waits(): loop.run_until_complete(asyncio.sleep(0))\n"
        "def test_a_task_ends():\n    event.set(); loop.run_until_complete(task); loop.close()\n",
    )
    assert functions_of_tests(run, covers) == {
        "test_goes_on": {"generator"},
        "test_goes_on_inside": {"delegating", "generator"},
        "test_is_thrown_into": {"generator"},
        "test_a_task_waits": set(),
        "test_a_task_ends": {"waits"},
    }


def test_threads_count_for_the_test_that_starts_them(tmp_path):
    run, covers = traced(
        tmp_path,
        "def test_in_a_thread():\n    t = threading.Thread(target=lib.calls); t.start(); t.join()\n"
        "def test_in_a_pool():\n"
        "    from concurrent.futures import ThreadPoolExecutor\n"
        "    with ThreadPoolExecutor(2) as pool: assert sum(pool.map(lib.counted, [0] * 9)) == 0\n"
        "def test_nothing(): pass\n",
    )
    assert functions_of_tests(run, covers) == {
        "test_in_a_thread": {"calls", "plain"},
        "test_in_a_pool": {"counted"},
        "test_nothing": set(),
    }


def test_a_shared_fixture_counts_for_every_test_that_uses_it(tmp_path):
    run, covers = traced(
        tmp_path,
        "@pytest.fixture(scope='session')\ndef first(): return lib.calls()\n"
        "@pytest.fixture(scope='module')\ndef second(first): return lib.counted(0)\n"
        "@pytest.fixture(scope='module')\ndef outer(request): lib.raises; return request.getfixturevalue('inner')\n"
        "@pytest.fixture(scope='module')\ndef inner(): return lib.cached(1)\n"
        "class TestA:\n"
        "    def test_first(self, first): pass\n"
        "    def test_second(self, second): pass\n"
        "    def test_outer(self, outer): pass\n"
        "    def test_outer_again(self, outer): pass\n"
        "    def test_none(self): pass\n"
        "class TestB:\n"
        "    @classmethod\n    def setup_class(cls): lib.plain()\n"
        "    def setup_method(self): lib.counted(1)\n"
        "    def test_one(self): pass\n"
        "    def test_two(self): pass\n",
    )
    assert functions_of_tests(run, covers) == {
        "test_first": {"calls", "plain"},
        "test_second": {"calls", "plain", "counted"},
        "test_outer": {"cached"},
        "test_outer_again": {"cached"},
        "test_none": set(),
        "test_one": {"plain", "counted"},
        "test_two": {"plain", "counted"},
    }


def test_functions_that_several_tests_are_the_first_to_execute_keep_their_places(tmp_path):
    run, covers = traced(
        tmp_path,
        "def test_one(): lib.plain()\n"
        "def test_dies(): lib.cached(1); __import__('os')._exit(0)\n"
        "def test_two(): lib.calls()\n"
        "def test_three(): lib.counted(1), lib.cached(2)\n"
        "def test_four(): lib.cached(3)\n",
    )
    assert run.results.pop("test_it.py::test_dies").outcome == "error"
    assert functions_of_tests(run, covers) == {
        "test_one": {"plain"},
        "test_two": {"calls", "plain"},
        "test_three": {"counted", "cached"},
        "test_four": {"cached"},
    }


TOOLS = {
    "settrace": "old = sys.gettrace(); sys.settrace(lambda *_: None); lib.plain(); sys.settrace(old)",
    "setprofile": "old = sys.getprofile(); sys.setprofile(lambda *_: None); lib.plain(); sys.setprofile(old)",
    "no profile": "lib.plain(); sys.setprofile(None); threading.setprofile(None)",
    "cProfile": "import cProfile; cProfile.Profile().runcall(lib.plain)",
    "trace": "import trace; lib.plain(); trace.Trace(count=1, trace=0).runfunc(lib.plain)",
}
if sys.version_info >= (3, 12):
    TOOLS |= {
        "monitoring": "m = sys.monitoring; m.use_tool_id(2, 'x'); m.set_events(2, m.events.PY_START)\n"
        "    m.register_callback(2, m.events.PY_START, lambda *_: m.DISABLE)\n"
        "    lib.plain(); m.restart_events(); m.set_events(2, 0); m.free_tool_id(2)",
        "all free tools": "m = sys.monitoring; lib.plain()\n"
        "    for number in range(6):\n        if m.get_tool(number): m.set_events(number, 0); m.free_tool_id(number)",
    }


@pytest.mark.parametrize("tool", TOOLS)
def test_code_that_profiles_or_traces_by_itself_stops_nothing_for_the_tests_behind_it(tmp_path, tool):
    profiles = "def profiles():\n    " + TOOLS[tool] + "\n"
    if tool == "cProfile" and sys.version_info < (3, 12):
        profiles = profiles.replace("runcall(lib.plain)", "runcall(int); sys.setprofile(None)")
    run, covers = traced(
        tmp_path,
        profiles + "profiles()\ndef test_profiles(): profiles()\ndef test_calls(): lib.calls()\n"
        "def test_in_a_thread():\n    t = threading.Thread(target=lib.plain); t.start(); t.join()\n",
    )
    found = functions_of_tests(run, covers)
    assert found["test_calls"] == {"calls", "plain"}
    assert found["test_in_a_thread"] == {"plain"}
    if sys.version_info >= (3, 12) and tool != "cProfile":
        assert found["test_profiles"] == {"plain"}
