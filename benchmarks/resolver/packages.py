"""The packages of the benchmark: where their sources and tests are, and in which group they count.

The resolver's developers look at the errors of ``tune`` and ``studied`` packages; ``held-out`` and ``fresh`` ones are
scored and not read. The exceptions are in ``docs/resolver-benchmark.md``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """One source distribution on the package index."""

    name: str
    version: str
    group: str
    """One of ``GROUPS``."""
    style: str
    sources: tuple[str, ...]
    """Folders or files, relative to the unpacked distribution, whose functions are traced."""
    tests: tuple[str, ...]
    """What pytest is given."""
    paths: tuple[str, ...] = (".",)
    """Import roots."""
    options: tuple[str, ...] = ()
    cap: int = 300
    """How many of its functions the engines are asked about; fewer where Jedi takes seconds for each."""


GROUPS = ("tune", "studied", "held-out", "fresh")
_NO_ADDOPTS = ("-o", "addopts=")
"""For packages whose configuration asks for plugins of pytest that only they need."""

PACKAGES = (
    Package("click", "8.5.1", "tune", "decorators, command line", ("src/click",), ("tests",), ("src",)),
    Package("boltons", "26.2.0", "tune", "utility functions", ("boltons",), ("tests",)),
    Package("h11", "0.16.0", "tune", "state machine", ("h11",), ("h11/tests",)),
    Package("marshmallow", "4.4.0", "tune", "class-heavy", ("src/marshmallow",), ("tests",), ("src",)),
    Package("jinja2", "3.1.6", "tune", "compiler, visitors", ("src/jinja2",), ("tests",), ("src",)),
    Package("tomlkit", "0.15.2", "tune", "parser, class-heavy", ("tomlkit",), ("tests",)),
    Package("more-itertools", "11.2.1", "tune", "flat functions", ("more_itertools",), ("tests",)),
    # anyio is a pytest plugin, so pytest would rewrite its assertions and bypass the tracer.
    Package("anyio", "4.16.0", "tune", "async", ("src/anyio",), ("tests",), ("src",), ("--assert=plain",)),
    Package(
        "networkx", "3.7", "tune", "large, decorators", ("networkx",),
        ("networkx/classes", "networkx/utils", "networkx/generators", "networkx/algorithms/centrality"),
    ),
    # Its live servers run in processes of their own, which the tracer does not see.
    Package(
        "werkzeug", "3.1.9", "held-out", "web, class-heavy", ("src/werkzeug",), ("tests",), ("src",),
        ("--ignore=tests/test_serving.py",),
    ),
    Package("mistune", "3.4.0", "held-out", "parser, plugins", ("src/mistune",), ("tests",), ("src",)),
    Package("attrs", "26.1.0", "held-out", "metaprogramming", ("src",), ("tests",), ("src",)),
    Package("starlette", "1.10.0", "held-out", "async, web", ("starlette",), ("tests",)),
    Package("lark", "1.3.1", "held-out", "parser generator", ("lark",), ("tests",)),
    Package("toolz", "1.2.0", "held-out", "functional", ("toolz",), ("toolz/tests",)),
    Package("structlog", "26.1.0", "held-out", "wrappers, protocols", ("src/structlog",), ("tests",), ("src",)),
    Package("pyparsing", "3.3.3", "held-out", "operators, class-heavy", ("pyparsing",), ("tests",)),
    Package(
        "sympy", "1.14.0", "held-out", "large, mathematical", ("sympy",),
        ("sympy/core/tests", "sympy/polys/tests", "sympy/sets", "sympy/logic", "sympy/printing/tests"),
        cap=100,
    ),
    Package("sqlparse", "0.6.1", "studied", "parser, token trees", ("sqlparse",), ("tests",)),
    Package(
        "graphql-core", "3.3.2", "studied", "annotated, visitors", ("src/graphql",), ("tests",), ("src",),
        ("--ignore=tests/benchmarks", *_NO_ADDOPTS),
    ),
    Package("tinydb", "4.9.0", "studied", "small, object-oriented", ("tinydb",), ("tests",)),
    Package("mako", "1.4.3", "studied", "compiler, templates", ("mako",), ("test",)),
    Package("docutils", "0.23", "studied", "old style, no annotations", ("docutils",), ("test",), (".", "test")),
    Package("parso", "0.8.7", "studied", "parser, trees", ("parso",), ("test",)),
    Package("pluggy", "1.7.0", "fresh", "hooks", ("src/pluggy",), ("testing",), ("src",)),
    Package("jsonschema", "4.26.0", "studied", "functions in tables", ("jsonschema",), ("jsonschema/tests",)),
    Package("cachetools", "8.0.2", "fresh", "decorators, mappings", ("src/cachetools",), ("tests",), ("src",)),
    Package("python-dateutil", "4.0.0", "fresh", "parser, arithmetic", ("src/dateutil",), ("tests",), ("src",)),
    Package("markdown", "3.11.3", "fresh", "parser, registries", ("markdown",), ("tests",)),
    Package("cattrs", "26.2.1", "fresh", "converters, closures", ("src",), ("tests",), ("src",), _NO_ADDOPTS),
    Package("arrow", "1.4.0", "fresh", "dates, locales", ("arrow",), ("tests",), (".",), _NO_ADDOPTS),
)  # fmt: skip
