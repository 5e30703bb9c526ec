"""What ``dep-search`` asks about, in which words, and how hard it says that is."""

from collections.abc import Mapping
from pathlib import Path

import jinja2
import pytest

from hgen.describe.corpus import Corpus
from hgen.families.base import Material, Proposal, solved_by
from hgen.families.dep_search import _WORDINGS, FAMILY, Options
from hgen.records import Codebase, Reject, Repo, Task
from hgen.resolve import resolve

REPO = Repo(
    repo="local:shop",
    base_commit="1",
    snapshot="0" * 64,
    license="MIT",
    source="shop",
    files=1,
    python_files=1,
    python_lines=1,
    python_bytes=1,
)
SHOP = {
    "shop/base.py": """
class Base:
    def __init__(self, name):
        self.name = name

    def price(self):
        return 1

    def add(self, other):
        return other
""",
    "shop/fruit.py": """
from shop.base import Base as Root
from .tools import clean

class Fruit(Root):
    def __init__(self, name):
        super().__init__(clean(name))

    def price(self):
        return 2 * super().price()

    def add(self, other):
        return self.price() + other

    @property
    def whole(self):
        return Root("fruit")

    def called(self):
        return self.whole.add(1)

class Apple(Fruit):
    def price(self):
        return 3
""",
    "shop/tools.py": """
def clean(name):
    return name.strip()

def price(fruit):
    return 0

def add():
    return clean("x")
""",
}


def material(files: Mapping[str, str]) -> Material:
    contents = {file: text.encode() for file, text in files.items()}
    symbols, broken = resolve(contents)
    assert not broken
    codebase = Codebase(repo=REPO, symbols=symbols)
    return Material(codebase=codebase, corpus=Corpus(contents, symbols), seed=0, in_image=False)


def proposed(files: Mapping[str, str]) -> dict[str, Proposal]:
    made = material(files)
    names = [symbol.qualname for symbol in made.codebase.symbols]
    found = FAMILY.propose(made, Options())
    return {names[each.subject or 0]: each for each in found if isinstance(each, Proposal)}


def targets(files: Mapping[str, str], proposal: Proposal) -> set[str]:
    symbols = material(files).codebase.symbols
    return {f"{symbols[place].file}:{symbols[place].qualname}" for place in proposal.targets}


def test_delegating_methods_dunders_and_overridden_ones_are_asked_about() -> None:
    found = proposed(SHOP)
    assert targets(SHOP, found["Fruit.__init__"]) == {"shop/base.py:Base.__init__", "shop/tools.py:clean"}
    assert targets(SHOP, found["Fruit.price"]) == {"shop/base.py:Base.price"}
    assert targets(SHOP, found["Fruit.add"]) == {"shop/fruit.py:Fruit.price"}


def test_the_file_is_named_only_where_the_qualified_name_does_not_say_which() -> None:
    files = SHOP | {"shop/more.py": "from .tools import clean\n\ndef add():\n    return clean('y')\n"}
    found = [each for each in FAMILY.propose(material(files), Options()) if isinstance(each, Proposal)]
    said = sorted((str(each.context["name"]), str(each.context["file"])) for each in found)
    assert ("add", "shop/more.py") in said
    assert ("add", "shop/tools.py") in said
    assert ("Fruit.add", "") in said


def test_what_the_subjects_own_name_says_is_no_secret() -> None:
    found = proposed(SHOP)
    assert "price" not in found["Fruit.price"].secrets
    assert "add" in found["Fruit.called"].secrets
    assert "shop/tools.py" in found["Fruit.__init__"].secrets
    assert "clean" in found["Fruit.__init__"].secrets


def test_difficulty_says_what_following_the_calls_needs() -> None:
    found = proposed(SHOP)
    needs = {name: {fact for fact, value in each.difficulty.items() if value and fact.startswith("needs_")}
             for name, each in found.items()}  # fmt: skip
    assert needs["Fruit.price"] == {"needs_inheritance", "needs_same_name"}
    assert needs["Fruit.called"] >= {"needs_value", "needs_property", "needs_types"}
    assert needs["add"] == set()
    assert found["Fruit.price"].difficulty["distance"] == 1
    assert found["add"].difficulty["distance"] == 0
    assert found["Fruit.called"].difficulty["distractors"] == 0


def test_a_property_is_called_one() -> None:
    assert proposed(SHOP)["Fruit.whole"].context["kind"] == "property"


def test_harder_functions_come_first_and_one_line_bodies_last() -> None:
    long = "    one = 1\n    two = 2\n    three = one + two\n"
    files = {
        "shop/tools.py": "def clean():\n    return 1\n\ndef wash():\n    return 2\n",
        "shop/a.py": "from .tools import clean, wash\n\n"
        "def short():\n    return clean()\n\n"
        f"def longer():\n{long}    return clean()\n\n"
        "def middle():\n    x = wash()\n    return x\n",
    }
    assert list(proposed(files)) == ["longer", "middle", "short"]


def solvers(files: Mapping[str, str], name: str) -> set[str]:
    made = material(files)
    proposal = proposed(files)[name]
    symbols = made.codebase.symbols

    def target(place: int) -> dict[str, object]:
        return symbols[place].model_dump(include={"file", "qualname", "kind", "def_line"})

    assert proposal.subject is not None
    task = Task.model_validate(
        {
            "instance_id": "1", "family": "dep-search", "variant": "default", "graded_by": "markers",
            "repo": "local:shop", "base_commit": "1", "snapshot": "0" * 64, "license": "MIT", "problem_statement": "",
            "setup_patch": "", "patch": "", "subject": target(proposal.subject),
            "targets": [target(place) for place in proposal.targets], "difficulty": {}, "secrets": (),
            "provenance": {"hgen": "", "template": "", "seed": 0},
        }
    )  # fmt: skip
    return {name for name, solved in solved_by(task, made.corpus, FAMILY.grading).items() if solved}  # type: ignore[arg-type]


CALLER = "def caller(x):\n    y = x + 1\n    return step(y)\n"


@pytest.mark.parametrize(
    ("files", "solving"),
    [
        ({"a.py": "def step(x): ...\n" + CALLER}, {"same-name", "same-file", "unique-name", "nearest"}),
        (
            {"a.py": "from b import step\n" + CALLER, "b.py": "def step(x): ..."},
            {"same-name", "unique-name", "nearest"},
        ),
        ({"a.py": "def step(x): ...\n" + CALLER, "b.py": "def step(x): ..."}, {"same-file", "nearest"}),
        (
            {"a.py": "from b import step\n" + CALLER, "b.py": "def step(x): ...", "c.py": "def step(x): ..."},
            {"nearest"},
        ),
        (
            {"a.py": "from b import go as step\n" + CALLER, "b.py": "def go(x): ...", "c.py": "def go(x): ..."},
            {"nearest"},
        ),
        (
            {"a.py": "from b import B\ndef caller():\n    b = B()\n    return b.step()\n",
             "b.py": "class B:\n    def step(self): ...", "c.py": "class C:\n    def step(self): ..."},
            set(),
        ),
    ],
)  # fmt: skip
def test_a_bored_engineer_looks_in_the_library_the_class_the_file_and_the_import(
    files: dict[str, str], solving: set[str]
) -> None:
    assert solvers(files, "caller") == solving


def test_what_strings_nested_definitions_and_comments_say_is_looked_at_as_a_script_would() -> None:
    text = "def step(x): ...\ndef other(x): ...\ndef caller(x):\n    # other(x)\n    return step(x)\n"
    assert "nearest" in solvers({"a.py": text}, "caller")


def statements(kind: str, file: str) -> list[str]:
    source = Path(FAMILY.template).read_text(encoding="utf-8")
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(source)
    return [template.render(name="Fruit.price", kind=kind, file=file, wording=each) for each in range(_WORDINGS)]


SAID = (
    "above", "decorators", "lambdas", "comprehensions", "nested", "annotations", "default", "__init__", "raise",
    "value", "resolution order", "import", "assign", "standard library", "class",
)  # fmt: skip
"""Words without which a wording would lack a rule."""


@pytest.mark.parametrize("kind", ["function", "async function", "method", "property"])
@pytest.mark.parametrize("file", ["", "shop/fruit.py"])
def test_every_wording_says_every_rule(kind: str, file: str) -> None:
    own = kind in ("method", "property")
    for said in statements(kind, file):
        assert "\n    # this function/class is called by the Fruit.price function\n" in said
        assert [word for word in SAID if word not in said.lower()] == []
        assert "parenthes" in said or "E(...)" in said
        assert ("`cls(...)`" in said) == ("super()" in said) == own
        assert (f"`{file}`" in said) == bool(file) or not file


def test_wordings_differ_in_length_and_beginning() -> None:
    said = statements("method", "")
    assert len(set(said)) == _WORDINGS
    assert len({each.strip()[:20] for each in said}) >= 12
    assert max(map(len, said)) > 1.5 * min(map(len, said))


def test_wordings_are_drawn_by_what_the_subject_is() -> None:
    first, again = proposed(SHOP), proposed(SHOP)
    wordings = {name: each.context["wording"] for name, each in first.items()}
    assert wordings == {name: each.context["wording"] for name, each in again.items()}
    assert len(set(wordings.values())) > len(wordings) // 2


def test_a_name_that_stands_for_two_definitions_of_a_file_is_not_asked_about() -> None:
    twice = (
        "from .tools import clean\n\nclass A:\n    @property\n    def p(self):\n        return clean('x')\n"
        "    @p.setter\n    def p(self, value):\n        clean(value)\n"
    )
    found = FAMILY.propose(material(SHOP | {"shop/a.py": twice}), Options())
    assert sum(isinstance(each, Reject) for each in found) == 2
