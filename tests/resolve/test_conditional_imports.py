"""What is imported under a condition is resolved, but no task is made of it."""

import pytest

from hgen.resolve import resolve

COMMON = {"p/__init__.py": b"", "p/a.py": b"def g(): 1\n", "p/b.py": b"def g(): 2\n"}


@pytest.mark.parametrize(
    ("imports", "offered"),
    [
        ("from .b import g", True),
        ("if TYPE_CHECKING:\n    from .a import g\nfrom .b import g", True),
        ("if sys.platform == 'win32':\n    from .a import g\nelse:\n    from .b import g", False),
        ("if sys.platform == 'win32':\n    from .a import *\nelif x:\n    from .b import *", False),
        ("try:\n    from .a import *\nexcept ImportError:\n    from .b import *", False),
        ("if sys.version_info >= (3, 13):\n    from warnings import g\nelse:\n    from .b import g", False),
        ("if x:\n    if y:\n        with z:\n            from .b import g", False),
    ],
)
def test_offered(imports: str, offered: bool) -> None:
    source = f"import sys\n{imports}\ndef f():\n    return g()\n"
    symbols, _ = resolve(COMMON | {"p/m.py": source.encode()})
    (function,) = (symbol for symbol in symbols if symbol.qualname == "f")
    assert function.offered is offered
    assert function.unresolved == ("" if offered else "ambiguous definition")


def test_a_conditional_import_elsewhere_makes_the_definition_doubtful_everywhere() -> None:
    barrel = b"import sys\nif sys.platform == 'linux':\n    from .b import *\n"
    user = b"from . import barrel\ndef f():\n    return barrel.g()\n"
    symbols, _ = resolve(COMMON | {"p/barrel.py": barrel, "p/m.py": user})
    assert [symbol.offered for symbol in symbols if symbol.qualname == "f"] == [False]


def test_tests_and_examples_make_nothing_doubtful() -> None:
    test = b"try:\n    from p.b import g\nexcept ImportError:\n    raise\n"
    user = b"from .b import g\ndef f():\n    return g()\n"
    symbols, _ = resolve(COMMON | {"tests/test_m.py": test, "p/m.py": user})
    assert [symbol.offered for symbol in symbols if symbol.qualname == "f"] == [True]


@pytest.mark.parametrize(
    ("bindings", "offered"),
    [
        ("from .a import g as _g\ng = _g", True),
        ("def g(): 1\ng.calls = 0", True),
        ("try:\n    from itertools import pairwise as g\nexcept ImportError:\n    def g(): 1", False),
        ("try:\n    from json import loads as g\nexcept ImportError:\n    from . import b\n    g = b.g", False),
        ("if sys.version_info >= (3, 9):\n    from json import loads as g\nelse:\n    def g(): 1", False),
        ("if sys.hexversion >= 0x30D00A2:\n    def g(): 1\nelse:\n    g = _other", False),
        ("if sys.version_info >= (3, 9):\n    g = _other\nelse:\n    g = _another", False),
        ("if sys.version_info >= (3, 9):\n    class g: pass\nelse:\n    g = object", False),
    ],
)
@pytest.mark.parametrize("called", ["g()", "m.g()"])
def test_a_name_with_several_meanings_is_not_offered_even_where_this_machine_has_one(
    bindings: str, offered: bool, called: str
) -> None:
    source = (
        f"import sys\nfrom . import m\ndef _other(): 1\ndef _another(): 2\n{bindings}\ndef f():\n    return {called}\n"
    )
    symbols, _ = resolve(COMMON | {"p/m.py": source.encode()})
    (function,) = (symbol for symbol in symbols if symbol.qualname == "f")
    assert function.offered is offered
    user = f"from .m import g\nfrom . import m\ndef f():\n    return {called}\n"
    symbols, _ = resolve(COMMON | {"p/m.py": source.encode(), "p/n.py": user.encode()})
    assert [symbol.offered for symbol in symbols if symbol.qualname == "f"] == [offered, offered]


def test_a_method_may_have_the_name_of_a_conditional_function() -> None:
    source = (
        b"try:\n    from os import get\nexcept ImportError:\n    def get(): 1\ndef f(x: dict):\n    return x.get(1)\n"
    )
    symbols, _ = resolve(COMMON | {"p/m.py": source})
    assert [symbol.offered for symbol in symbols if symbol.qualname == "f"] == [True]


def test_conditional_names_at_the_end_of_long_chains() -> None:
    chain = "".join(f"n{link} = n{link - 1}\n" for link in range(1, 3000))
    fork = "if sys.version_info >= (3, 9):\n    g = n2999\nelse:\n    g = n0\n"
    source = f"import sys\ndef n0(): 1\n{chain}{fork}def f():\n    return g()\n"
    barrel = (
        f"import sys\nfrom . import b\nh = b.g\n{chain.replace('n0', 'h')}if sys.argv:\n    from .m import n2999 as k\n"
    )
    symbols, _ = resolve(COMMON | {"p/m.py": source.encode(), "p/barrel.py": barrel.encode()})
    assert [symbol.offered for symbol in symbols if symbol.qualname == "f"] == [False]
