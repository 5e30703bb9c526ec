"""Files that the Python which runs hgen cannot read are left out with the version that they need."""

import ast
import sys

import pytest

from hgen.syntax import Broken, parse_module
from tests.limits import processor_limit

NEWER = {
    "class A[T: int]: pass": (3, 12),
    "def f[T](x: T) -> T: return x": (3, 12),
    "async def f[**P, *Ts](): pass": (3, 12),
    "type Pair = tuple[int, int]": (3, 12),
    "if x: type Pair = int": (3, 12),
    'f"{d["a"]}"': (3, 12),
    'rF"{d["a"]}{d["b"]}"': (3, 12),
    'f"{f"{1}"}"': (3, 12),
    "f'{\"\\n\".join(a)}'": (3, 12),
    'f"{a\n}"': (3, 12),
    'f"""{\n  a  # the first\n}"""': (3, 12),
    "f'{x:{y:{z}}}'": (3, 12),
    't"{x}"': (3, 14),
    "Rt'''{x}'''": (3, 14),
}
"""Syntax, and the Python that brought it."""

OLD = [
    'f"{a!r:{b}}" f"{{" "}}"',
    "f'{a:#x}' f'{{#'",
    "x = type(y)\ntype = 1",
    '"""type name\n\nclass A[T]: pass\n"""',
    "try: pass\nexcept (A, B): pass",
    "def f(a=[1]): return a[0]",
    "print(t'' if 0 else \"t'\")".replace("t''", "'t'"),
]


@pytest.mark.parametrize("source", sorted(NEWER))
def test_a_file_with_newer_syntax_is_left_out_with_the_version_that_it_needs(source: str):
    needs = NEWER[source]
    if sys.version_info[:2] >= needs:
        parse_module("m.py", source.encode())
        return
    with pytest.raises(Broken) as broken:
        parse_module("m.py", source.encode())
    assert (broken.value.reason, broken.value.detail) == ("needs-newer-python", "Python {}.{}".format(*needs))


@pytest.mark.parametrize("source", sorted(NEWER))
def test_the_version_that_brought_a_syntax_is_right_about_the_running_python(source: str):
    try:
        ast.parse(source)
        reads = True
    except SyntaxError:
        reads = False
    assert reads == (sys.version_info[:2] >= NEWER[source])


@pytest.mark.parametrize("source", OLD)
def test_what_only_looks_like_newer_syntax_stays(source: str):
    parse_module("m.py", source.encode())


def test_a_name_of_accents_is_left_out_before_python_reads_it():
    with processor_limit(20, "parsing"), pytest.raises(Broken) as broken:
        parse_module("m.py", ("a" + "\u0301\u0316" * 300_000 + " = f'{d[\"a\"]}'\n").encode())
    assert broken.value.reason == "overlong-name"
