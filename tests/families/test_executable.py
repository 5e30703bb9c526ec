"""Tasks that are judged by tests, from a testbed made by hand; the tests are really run, in this process."""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from packaging.utils import canonicalize_name

from hgen import resources
from hgen.config import Config, SynthConfig
from hgen.families import chosen
from hgen.records import Codebase, Environment, Mutant, Reject, Repo, StableTest, Task, Testbed, Trial, Wheel
from hgen.resolve import resolve
from hgen.scoring import diffs
from hgen.scoring.roles import is_doctest
from hgen.snapshots import Store
from hgen.snapshots.tree import TreeLimits
from hgen.stages.pipeline import Folders, order, stage
from hgen.stages.synth import synth
from hgen.testbed.mutation.functions import Function
from hgen.testbed.mutation.mutants import mutants
from hgen.testbed.mutation.operator import Variant

LIBRARY = "shop/pricing.py"
TESTS = "tests/test_pricing.py"
FILES = {
    "shop/__init__.py": b"",
    LIBRARY: b'''"""Prices."""


def total(prices, discount=0):
    """The sum of the prices, less the discount in percent; a discount above a hundred is an error."""
    # Nobody pays us for taking things.
    if discount > 100:
        raise ValueError("discount")
    amount = sum(prices)
    amount -= amount * discount / 100
    return round(amount, 2)


class Basket:
    """Prices under names."""

    def __init__(self, prices):
        self.prices = dict(prices)

    def dearest(self, count=1):
        """The names of so many of the dearest things, the dearest of them first."""
        order = sorted(self.prices, key=self.prices.get, reverse=True)
        if count < 0:
            count = 0
        return order[:count]

    def names(self):
        return sorted(self.prices)
''',
    TESTS: b'''"""Tests of prices."""

from shop.pricing import Basket, total

BASKET = Basket({"apple": 1, "melon": 5, "pear": 2})


def test_total():
    assert total([1, 2.25]) == 3.25


def test_discount():
    assert total([100], discount=25) == 75


def test_a_free_lunch():
    assert total([10], discount=100) == 0


class TestBasket:
    def test_the_dearest(self):
        assert BASKET.dearest() == ["melon"]

    def test_two(self):
        assert BASKET.dearest(2) == ["melon", "pear"]

    def test_none(self):
        assert BASKET.dearest(-1) == []


def test_names():
    assert BASKET.names() == ["apple", "melon", "pear"]
''',
}
COVERS = {
    "test_total": ("total",),
    "test_discount": ("total",),
    "test_a_free_lunch": ("total",),
    "TestBasket::test_the_dearest": ("Basket.dearest",),
    "TestBasket::test_two": ("Basket.dearest",),
    "TestBasket::test_none": ("Basket.dearest",),
    "test_names": ("Basket.names",),
}
IDS = tuple(f"{TESTS}::{name}" for name in COVERS)
ALL = ("func-gen", "test-gen", "verify-repair")


def passing(files: dict[str, bytes]) -> set[str]:
    """The ids of the tests that pass on these files; a test file without some of the tests has fewer."""
    library = ModuleType("shop.pricing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "shop", ModuleType("shop"))
        patch.setitem(sys.modules, "shop.pricing", library)
        exec(compile(files[LIBRARY], LIBRARY, "exec"), library.__dict__)
        tests: dict[str, object] = {}
        exec(compile(files[TESTS], TESTS, "exec"), tests)
        return {f"{TESTS}::{name}" for name, test in functions(tests) if succeeds(test)}


def functions(space: dict[str, object]) -> Iterator[tuple[str, Callable[[], None]]]:
    for name, value in space.items():
        if name.startswith("test_") and callable(value):
            yield name, value
        elif isinstance(value, type) and name.startswith("Test"):
            yield from ((f"{name}::{inner}", getattr(value(), inner)) for inner in vars(value) if inner[:5] == "test_")


def succeeds(test: Callable[[], None]) -> bool:
    try:
        test()
    except Exception:  # noqa: BLE001 - a mutant can raise anything
        return False
    return True


def everything(changes: dict[str, bytes]) -> dict[str, bytes]:
    """All files, with those changed whose names are written as those of arguments."""
    return FILES | {path.replace("__", "/").replace("_py", ".py"): text for path, text in changes.items()}


@cache
def codebase(**changes: bytes) -> Codebase:
    files = everything(changes)
    symbols, _ = resolve(files, max_bytes=1 << 20)
    where = {symbol.qualname: place for place, symbol in enumerate(symbols) if symbol.file in (LIBRARY, TESTS)}
    tests = tuple(
        StableTest(id=f"{TESTS}::{name}", seconds=0.01, covers=tuple(sorted(where[each] for each in names)))
        for name, names in COVERS.items()
    )

    def mutant(variant: Variant, name: str) -> Mutant | None:
        after = files | {LIBRARY: diffs.edited(LIBRARY, files[LIBRARY], [variant.edit])}
        passed = passing(after)
        killed = tuple(n for n, test in enumerate(tests) if where[name] in test.covers and test.id not in passed)
        lines = tuple(line.decode() for line in variant.edit.lines)
        edit = variant.edit
        if not killed:
            return None
        return Mutant(
            operator=variant.operator,
            first_line=edit.first_line,
            last_line=edit.last_line,
            lines=lines,
            killed_by=killed,
        )

    trials = []
    for name in ("total", "Basket.dearest"):
        symbol = symbols[where[name]]
        function = Function(files[LIBRARY], first_line=symbol.start_line, last_line=symbol.end_line)
        emptied = mutant(Variant("emptied", function.emptied()), name)
        assert emptied is not None
        noticed = [found for variant in mutants(function) if (found := mutant(variant, name))]
        trials.append(Trial(symbol=where[name], emptied=emptied, mutants=tuple(noticed)))
    environment = Environment(
        snapshot="0" * 64, python="3.11", machine="x86_64", editable=False, path=(".",), generated={}, options=(),
        wheels=(Wheel(name="pytest-9-py3-none-any.whl", sha256="0"),),
    )  # fmt: skip
    repo = Repo(
        repo="pypi:shop", base_commit="1.0", snapshot="", license="MIT", source="pypi:shop", files=3, python_files=3,
        python_lines=80, python_bytes=2000,
    )  # fmt: skip
    bed = Testbed(environment=environment, tests=tests, trials=tuple(trials))
    return Codebase(repo=repo, symbols=symbols, testbed=bed)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., list[Task | Reject]]:
    """Synthesizes tasks from the codebase, with other files beside if asked."""

    def make(*families: str, seed: int = 0, base: Codebase | None = None, options: dict = {}, **files: bytes):  # noqa: B006
        found = base or codebase(**files)
        tree = tmp_path / f"tree{len(list(tmp_path.iterdir()))}"
        for path, text in everything(files).items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(text)
        added = Store(tmp_path / "store").add(tree, TreeLimits(files=99, total_bytes=1 << 20, file_bytes=1 << 20))
        repo = found.repo.model_copy(update={"snapshot": added.digest})
        config = SynthConfig(families=families, seed=seed, options=options)
        return list(synth(found.model_copy(update={"repo": repo}), config=config, store=tmp_path / "store"))

    return make


def tasks(found: list[Task | Reject]) -> list[Task]:
    return [each for each in found if isinstance(each, Task)]


def applied(patch: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return files | {path: text for path, text in diffs.apply(patch, files).items() if text} if patch else files


def pristine(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files as they are graded: with all tests."""
    return files | {TESTS: FILES[TESTS]}


def test_no_family_that_needs_a_container_is_a_default() -> None:
    assert {family.name for family in chosen(())}.isdisjoint(ALL)
    assert [family.name for family in chosen(ALL)] == list(ALL)
    assert all(family.needs_tests for family in chosen(ALL))


def test_environments_are_built_only_for_families_that_need_them() -> None:
    assert order(Config()) == ["mine", "parse", "synth", "validate"]
    asked = Config(synth=SynthConfig(families=("dep-search", "test-gen")))
    assert order(asked) == ["mine", "parse", "build", "synth", "validate"]
    folders = Folders(Path("out"), Path("cache"))
    assert (stage("synth", Config(), folders).reads, stage("synth", asked, folders).reads) == ("parse", "build")


def test_func_gen_hides_what_fails_and_its_gold_patch_is_the_original(made) -> None:
    found = tasks(made("func-gen"))
    assert {task.targets[0].qualname for task in found} == {"total", "Basket.dearest"}
    for task in found:
        start = applied(task.setup_patch, FILES)
        assert b"raise NotImplementedError" in start[LIBRARY]
        assert b"Nobody pays" not in start[LIBRARY] or task.targets[0].qualname != "total"
        assert set(task.FAIL_TO_PASS).isdisjoint(passing(pristine(start)))
        assert set(task.PASS_TO_PASS) <= passing(start)
        assert set(IDS) - passing(start) == set(task.FAIL_TO_PASS)
        for test in task.FAIL_TO_PASS:
            assert test.rpartition("::")[2].encode() not in start[TESTS]
        gold = applied(task.patch, start)
        assert gold[LIBRARY] == FILES[LIBRARY]
        assert passing(pristine(gold)) == set(IDS)


def test_func_gen_shows_the_tests_if_asked(made) -> None:
    found = tasks(made("func-gen", options={"func-gen": {"hide_tests": False}}))
    assert len(found) == 2
    for task in found:
        assert applied(task.setup_patch, FILES)[TESTS] == FILES[TESTS]
        assert task.variant == "tests-shown"
        assert "in your working copy" in task.problem_statement


def test_test_gen_removes_all_that_execute_the_target_and_offers_killable_mutants(made) -> None:
    found = tasks(made("test-gen"))
    assert len(found) == 2
    for task in found:
        start = applied(task.setup_patch, FILES)
        assert start[LIBRARY] == FILES[LIBRARY]
        covering = {f"{TESTS}::{name}" for name, names in COVERS.items() if task.targets[0].qualname in names}
        assert passing(start) == set(IDS) - covering
        assert 4 <= len(task.mutants) <= 6
        for mutant in task.mutants:
            assert not covering <= passing(pristine(applied(mutant, start)))
            assert len(passing(applied(mutant, start))) == len(passing(start))
        gold = applied(task.patch, start)
        assert gold[TESTS].rstrip() == FILES[TESTS].rstrip()
        assert not task.FAIL_TO_PASS


def test_test_gen_removes_tests_that_name_the_target_without_executing_it(made) -> None:
    text = FILES[TESTS] + b"\n\ndef test_dearest_later():\n    if 0:\n        BASKET.dearest()\n"
    found = [
        task for task in tasks(made("test-gen", tests__test_pricing_py=text)) if "dearest" in task.problem_statement
    ]
    assert found
    for task in found:
        assert b"test_dearest_later" not in applied(task.setup_patch, FILES | {TESTS: text})[TESTS]


def test_verify_repair_puts_a_flaw_in_the_tree_that_few_tests_notice(made) -> None:
    flawed = [task for task in tasks(made("verify-repair")) if task.difficulty["flawed"]]
    assert flawed
    for task in flawed:
        commit = applied(task.setup_patch, FILES)
        start = applied(task.candidate_patch, commit)
        assert b"raise NotImplementedError" in commit[LIBRARY]
        assert b"raise NotImplementedError" not in start[LIBRARY]
        assert set(IDS) - passing(pristine(start)) == set(task.FAIL_TO_PASS)
        assert 1 <= len(task.FAIL_TO_PASS) <= 3
        assert applied(task.patch, start)[LIBRARY] == FILES[LIBRARY]
        assert passing(start) == set(IDS) - {
            test for test in IDS if test.rpartition("::")[2].encode() not in start[TESTS]
        }


def test_one_candidate_of_ten_is_right_and_then_nothing_is_to_be_done(made) -> None:
    found = [task for seed in range(30) for task in tasks(made("verify-repair", seed=seed))]
    right = [task for task in found if not task.difficulty["flawed"]]
    assert 0 < len(right) < len(found) / 3
    for task in right:
        start = applied(task.candidate_patch, applied(task.setup_patch, FILES))
        assert passing(pristine(start)) == set(IDS)
        assert task.patch == ""
        assert task.FAIL_TO_PASS == ()
        # Code rewritten for the purpose would tell right candidates from flawed ones by its look.
        assert start[LIBRARY] == FILES[LIBRARY]


@pytest.mark.parametrize("family", ALL)
def test_the_statement_says_where_and_how_and_not_what_is_hidden(made, family: str) -> None:
    for task in tasks(made(family)):
        said = task.problem_statement
        assert f"`{task.targets[0].qualname}` in `{LIBRARY}`" in said
        assert "\n    python -m pytest" in said
        assert "no network" in said
        for test in IDS:
            assert test.rpartition("::")[2] not in said or test.rpartition("::")[2] in task.problem_statement.split("`")
        for secret in ("round(amount", "self.prices.get", "discount > 100"):
            assert secret not in said
        assert task.environment is not None


@pytest.mark.parametrize("family", ALL)
def test_one_function_is_one_task_with_an_identity_of_its_own(made, family: str) -> None:
    again, found = tasks(made(family)), tasks(made(family))
    assert [task.instance_id for task in again] == [task.instance_id for task in found]
    assert len({task.instance_id for task in found}) == len(found) > 0


def reasons(found: list[Task | Reject]) -> set[str]:
    return {each.reason for each in found if isinstance(each, Reject)}


def test_a_body_that_stands_somewhere_else_is_not_asked_for(made) -> None:
    body = FILES[LIBRARY].split(b"articles")[0][
        FILES[LIBRARY].index(b"    if discount") : FILES[LIBRARY].index(b"class Basket")
    ]
    copied = b"def price(prices, discount):\n" + body
    found = made("func-gen", shop__copied_py=copied)
    assert "readable-elsewhere" in reasons(found)
    assert {task.targets[0].qualname for task in tasks(found)} == {"Basket.dearest"}


def test_a_wheel_of_the_repository_itself_in_the_environment_spoils_all(made) -> None:
    whole = codebase()
    assert whole.testbed is not None
    environment = whole.testbed.environment.model_copy(
        update={"wheels": (Wheel(name="Shop-0.9-py3-none-any.whl", sha256="1"),)}
    )
    base = whole.model_copy(update={"testbed": whole.testbed.model_copy(update={"environment": environment})})
    found = made(*ALL, base=base)
    assert not tasks(found)
    assert reasons(found) == {"in-image"}


@pytest.mark.parametrize("repo", ["pypi:Backports.Tarfile", "someone/backports_tarfile", "local:backports-tarfile"])
@pytest.mark.parametrize("family", [*ALL, "func-localize"])
def test_a_package_that_the_image_holds_is_known_by_any_spelling_of_its_name(made, repo: str, family: str) -> None:
    whole = codebase()
    found = made(family, base=whole.model_copy(update={"repo": whole.repo.model_copy(update={"repo": repo})}))
    assert not [task for task in tasks(found) if task.variant != "named"]
    assert "in-image" in reasons(found)


def test_the_image_is_listed_by_normalised_names() -> None:
    listed = [line.partition("#")[0].strip() for line in resources.text("configs/image.txt").split("\n")]
    assert "backports-tarfile" in listed
    assert [canonicalize_name(name) for name in listed] == listed


WORDED = FILES[LIBRARY].replace(b'ValueError("discount")', b'ValueError("too generous by far")')
STRICT = FILES[TESTS].replace(
    b"    assert total([10], discount=100) == 0\n",
    b"    assert total([10], discount=100) == 0\n"
    b"    try:\n        total([1], discount=101)\n"
    b"    except ValueError as error:\n        assert 'generous by far' in str(error)\n",
)


def test_a_text_that_only_hidden_tests_ask_for_cannot_be_known(made) -> None:
    found = made("func-gen", shop__pricing_py=WORDED, tests__test_pricing_py=STRICT)
    assert reasons(found) == {"unknowable-text"}
    assert {task.targets[0].qualname for task in tasks(found)} == {"Basket.dearest"}
    # Tests that do not ask for it, and a text that is told elsewhere, spoil nothing.
    assert not reasons(made("func-gen", shop__pricing_py=WORDED))
    told = {
        "shop__pricing_py": WORDED,
        "tests__test_pricing_py": STRICT,
        "notes_py": b"# It is generous by far: a ValueError.\n",
    }
    assert not reasons(made("func-gen", **told))


def test_an_error_that_only_hidden_tests_name_cannot_be_known(made) -> None:
    library = FILES[LIBRARY].replace(b'ValueError("discount")', b'OverflowError("discount")')
    tests = STRICT.replace(b"except ValueError as error", b"except OverflowError as error").replace(
        b"generous by far", b"discount"
    )
    found = made("func-gen", shop__pricing_py=library, tests__test_pricing_py=tests)
    assert {each.detail for each in found if isinstance(each, Reject)} == {"only hidden tests say 'overflowerror'"}
    told = library.replace(b"is an error.", b"is an OverflowError.")
    assert not reasons(made("func-gen", shop__pricing_py=told, tests__test_pricing_py=tests))


def test_no_flaw_is_in_a_text_that_only_hidden_tests_ask_for(made) -> None:
    def flaws(**more: bytes) -> str:
        files = {"shop__pricing_py": WORDED, "tests__test_pricing_py": STRICT, **more}
        return "".join(task.patch for seed in range(30) for task in tasks(made("verify-repair", seed=seed, **files)))

    assert "generous" not in "".join(line for line in flaws().split("\n") if line[:1] in "+-")
    told = flaws(notes_py=b"# It is generous by far: a ValueError.\n")
    assert "generous" in "".join(line for line in told.split("\n") if line[:1] in "+-")


def test_a_docstring_that_says_little_is_no_description(made) -> None:
    found = made(
        "func-gen", "verify-repair", options={"func-gen": {"min_words": 18}, "verify-repair": {"min_words": 18}}
    )
    assert "thin-docstring" in reasons(found)
    assert all(task.targets[0].qualname == "total" for task in tasks(found))


def test_examples_in_docstrings_are_neither_hidden_nor_judges(made) -> None:
    whole = codebase()
    assert whole.testbed is not None
    (total,) = [place for place, symbol in enumerate(whole.symbols) if symbol.qualname == "total"]
    example = StableTest(id=f"{LIBRARY}::shop.pricing.total", seconds=0.01, covers=(total,))
    bed = whole.testbed.model_copy(update={"tests": (*whole.testbed.tests, example)})
    found = tasks(made(*ALL, base=whole.model_copy(update={"testbed": bed})))
    assert {task.family for task in found if task.targets[0].qualname == "total"} >= {"func-gen", "test-gen"}
    assert not [task for task in found if example.id in (*task.FAIL_TO_PASS, *task.PASS_TO_PASS)]


@pytest.mark.parametrize(
    ("test", "is_example"),
    [
        ("src/shop/pricing.py::shop.pricing.total", True),
        ("README.rst::README.rst", True),
        ("tests/test_a.py::TestA::test_b[x.y::z]", False),
        ("tests/test_a.py::test_b", False),
        ("tests/test_a.py::tests.test_a.helper", True),
    ],
)
def test_what_an_example_is_called(test: str, is_example: bool) -> None:
    assert is_doctest(test) is is_example


def test_without_a_testbed_there_is_nothing(made) -> None:
    assert made(*ALL, base=codebase().model_copy(update={"testbed": None})) == []


def test_a_file_that_only_tree_sitter_reads_costs_its_functions_and_no_more(made) -> None:
    odd = FILES[LIBRARY] + b"\n\ndef odd(a, b):\n    return odd(**a, *b)\n"
    found = made("func-gen", base=codebase(), shop__pricing_py=odd)
    assert not tasks(found)
    assert reasons(found) == {"unparsable"}


@pytest.mark.parametrize(("file", "reason"), [(LIBRARY, "unfit-body"), (TESTS, "unfit-tests")])
def test_a_file_in_another_encoding_is_read_but_not_edited(made, file: str, reason: str) -> None:
    latin = "# coding: latin-1\n# café\n".encode("latin-1") + FILES[file]
    found = made(*ALL, **{file.replace("/", "__").replace(".py", "_py"): latin})
    assert reasons(found) == {reason}
    assert {task.family for task in tasks(found)} <= {"verify-repair"}
