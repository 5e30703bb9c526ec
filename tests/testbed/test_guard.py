"""What the guard notes of an answer's code, on the Python that runs these tests."""

import sys

import pytest

from tests.testbed import local

NOTED = {
    "sys.settrace": "sys.settrace(None)",
    "sys.setprofile": "sys.setprofile(None)",
    "sys._getframe": "sys._getframe(1)",
    "gc.get_objects": "import gc; gc.get_objects()",
    "gc.get_referrers": "import gc; gc.get_referrers(sys)",
    "sys.addaudithook": "sys.addaudithook(lambda *_: None)",
    "code.__new__": "does.__code__.replace(co_name='other')",
    "open": "open('test_it.py').close()",
}
if sys.version_info >= (3, 12):
    NOTED["sys.monitoring.register_callback"] = "sys.monitoring.register_callback(3, 1, lambda *_: None)"


@pytest.mark.parametrize("event", NOTED)
@pytest.mark.parametrize("watched", [("lib.py",), ("other.py",)])
def test_ways_to_the_tests_are_noted_of_the_answer_s_code_alone(tmp_path, event, watched):
    library = f"import sys\n\n\ndef does():\n    {NOTED[event]}\n    return 1\n"
    run = local.run(
        tmp_path,
        library,
        "def test_it(): assert lib.does() == 1\n",
        guard=True,
        watched=watched,
        hidden=("test_it.py",),
    )
    assert {result.outcome for result in run.results.values()} == {"passed"}
    assert {name for name, _ in run.audit} == ({event} if watched == ("lib.py",) else set())


def test_an_answer_that_does_nothing_of_that_kind_is_not_noted(tmp_path):
    tests = "def test_it(): assert lib.Thing() == lib.Thing() and lib.Point(1)\n"
    library = (
        "import collections, dataclasses, enum, functools, logging, typing, warnings\n"
        "Point = collections.namedtuple('Point', 'x')\n"
        "@dataclasses.dataclass(order=True)\nclass Thing:\n    name: str = ''\n"
        "class Colour(enum.Enum):\n    RED = 1\n"
        "class Typed(typing.NamedTuple):\n    x: int = Colour.RED.value\n"
        "T = typing.TypeVar('T')\n"
        "@functools.singledispatch\ndef f(x): warnings.warn('w', stacklevel=2); logging.getLogger('l').warning('w')\n"
    )
    run = local.run(
        tmp_path,
        library,
        tests + "def test_warns():\n    with pytest.warns(): lib.f(1)\n",
        guard=True,
        watched=("lib.py",),
    )
    assert {result.outcome for result in run.results.values()} == {"passed"}
    assert run.audit == ()
