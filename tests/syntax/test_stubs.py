"""Stubs read piece by piece say the same as when they are read whole."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from hgen.syntax import parse_module
from hgen.syntax.ir import CLASS_SCOPE, V_DEFINITION, V_IMPORT, Module
from hgen.syntax.stubs import read_stub

STUBS = sorted(Path(str(files("typeshed_client"))).joinpath("typeshed").rglob("*.pyi"))


@cache
def _whole(source: bytes) -> Module:
    return parse_module("a.pyi", source)


def _described(module: Module, name: str) -> list[object]:
    """What every binding of a name is, and what it is in the end."""
    body = module.scopes[0].body()
    described: list[object] = []
    for number in [*body.bound[name], body.final.get(name)]:
        value = None if number is None else body.values[number]
        if value and value[0] == V_DEFINITION:
            scope = module.scopes[value[1]]
            described.append((scope.kind, scope.name, len(scope.parameters), len(scope.bases), scope.returns))
        else:
            described.append(value if value is None or value[0] == V_IMPORT else value[0])
    return described


def test_every_name_of_every_stub_is_bound_to_the_same():
    assert len(STUBS) > 500
    for path in STUBS:
        source = path.read_bytes()
        whole, pieces = _whole(source), read_stub("a.pyi", source)
        assert [star[1:] for star in whole.stars] == [star[1:] for star in pieces.stars]
        for name in whole.scopes[0].body().bound:
            assert _described(whole, name) == _described(pieces, name), (path, name)


def test_names_that_are_not_there_are_not_found():
    body = read_stub("a.pyi", b"class A: ...\nB = A\n").scopes[0].body()
    assert [name in body.final for name in ("A", "B", "C")] == [True, True, False]
    assert body.final.get("C") is None


def test_only_what_is_asked_for_is_read():
    module = read_stub("a.pyi", b"".join(b"class A%d:\n  def m(self): ...\n" % k for k in range(100)))
    body = module.scopes[0].body()
    assert [module.scopes[body.values[body.final["A7"]][1]].name, len(module.scopes)] == ["A7", 2]


def test_a_statement_may_hold_lines_that_look_like_statements():
    text = b'@deprecated("""\\\nUse B: it is better.\nclass C: no\n""")\nclass A: ...\n'
    source = text + b"if x:\n  class B: ...\nelse:\n  def B(): ...\n"
    body = read_stub("a.pyi", source).scopes[0].body()
    assert (len(body.bound["A"]), len(body.bound["B"]), "C" in body.final) == (1, 2, False)


def test_every_name_of_every_class_is_bound_to_the_same():
    for path in STUBS:
        source = path.read_bytes()
        whole, pieces = _whole(source), read_stub("a.pyi", source)
        names = pieces.scopes[0].body().bound
        for scope in whole.scopes:
            if scope.kind == CLASS_SCOPE and scope.parent == 0 and len(whole.scopes[0].body().bound[scope.name]) == 1:
                number = pieces.scopes[0].body().values[names[scope.name][0]][1]
                one, other = scope.body(), pieces.scopes[number].body()
                for name in sorted(one.bound, reverse=True):
                    assert len(one.bound[name]) == len(other.bound.get(name, ())), (path, scope.name, name)
                    assert (name in one.final) == (name in other.final), (path, scope.name, name)
                    kinds = [body.values[body.final[name]][0] for body in (one, other) if name in body.final]
                    assert len(set(kinds)) < 2, (path, scope.name, name)
