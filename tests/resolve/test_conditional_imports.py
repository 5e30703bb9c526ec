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
