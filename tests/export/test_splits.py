"""Splits: the same code is never in two of them, and what is placed stays where it is."""

import json
import random
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import pytest

from hgen.config import Config, load, shares
from hgen.errors import ConfigError, ShardError
from hgen.export.splits import ALIKE, Assignment, assign
from hgen.records import Codebase, Repo, Symbol, Target, Task, Validated
from hgen.snapshots import Store
from hgen.stages.export import export
from tests.command import hgen
from tests.export.stored import keep
from tests.export.test_hf import front_matter
from tests.export.test_hf import load as loaded

HALVES = {"train": 0.5, "test": 0.5}
THIRDS = {"train": 0.4, "validation": 0.3, "test": 0.3}


def project(name: str, **files: str) -> dict[str, bytes]:
    """A tree whose metadata say what it is called; each file is long enough to tell something."""
    code = {f"{path}.py": f"# {text}\n{'x = 1  # ' + text + chr(10)}".encode() * 20 for path, text in files.items()}
    return {"pyproject.toml": f'[project]\nname = "{name}"\n'.encode(), **code}


@pytest.fixture
def mined(tmp_path: Path, validated: Callable[..., Validated]) -> Callable[..., Task]:
    """A task of a repository with these files, which is in the store."""
    numbers = iter(range(10_000))

    def make(repo: str, files: dict[str, bytes], **changes: object) -> Task:
        digest = keep(tmp_path / "snapshots", files)
        return validated(next(numbers), repo=repo, snapshot=digest, **changes).task

    return make


def placed(tmp_path: Path, tasks: Sequence[Task], codebases: Sequence[Codebase] = (), shares=HALVES) -> Assignment:
    return assign(shares, tasks, codebases, Store(tmp_path / "snapshots"))


def splits(tmp_path: Path, tasks: Sequence[Task], *more: object, shares=HALVES) -> list[str | None]:
    assignment = placed(tmp_path, tasks, *more, shares=shares)
    return [assignment.split(task) for task in tasks]


def names_in(split: str, count: int, tmp_path: Path, mined: Callable[..., Task]) -> list[str]:
    """Names of projects that are placed in a split if nothing is related to them."""
    tasks = [mined(f"pypi:own{number}", project(f"own{number}", a=f"own{number}")) for number in range(40)]
    assignment = placed(tmp_path, tasks)
    found = [task.repo.removeprefix("pypi:") for task in tasks if assignment.split(task) == split]
    assert len(found) >= count
    return found[:count]


def symbol(name: str, digest: str, *, lines: int = 9) -> Symbol:
    return Symbol(
        file="m.py", qualname=name, kind="function", start_line=1, def_line=1, body_line=2, end_line=1 + lines,
        docstring=None, statements=lines, signature=f"def {name}()", decorators=(), body_digest=digest * 8,
        offered=True, unresolved="", deps=(),
    )  # fmt: skip


def codebase(task: Task, *symbols: Symbol) -> Codebase:
    repo = Repo(
        repo=task.repo, base_commit="1", snapshot=task.snapshot, license="MIT", source="", files=1, python_files=1,
        python_lines=1, python_bytes=1,
    )  # fmt: skip
    return Codebase(repo=repo, symbols=symbols)


@pytest.mark.parametrize(
    ("repo", "files"),
    [
        pytest.param("pypi:Own.One", {"a": "other", "b": "code"}, id="another version"),
        pytest.param("ann/checkout", {"a": "other"}, id="a checkout with the same name in its metadata"),
    ],
)
def test_a_project_is_in_one_split_by_its_name(repo, files, tmp_path, mined):
    for name in (*names_in("train", 2, tmp_path, mined), *names_in("test", 2, tmp_path, mined)):
        tasks = [mined(f"pypi:{name}", project(name, a="one")), mined(repo, project(name, **files))]
        assert len(set(splits(tmp_path, tasks))) == 1
        assert splits(tmp_path, tasks) == splits(tmp_path, tasks[::-1])


def test_a_fork_without_packaging_is_known_by_the_repositorys_address(tmp_path, mined):
    for name in names_in("train", 1, tmp_path, mined) + names_in("test", 1, tmp_path, mined):
        metadata = f'[project]\nname = "{name}"\nurls.Source = "https://git.invalid/ann/thing"\n'.encode()
        tasks = [
            mined(f"pypi:{name}", {**project(name, a="one"), "pyproject.toml": metadata}),
            mined("ann/thing", {"b.py": b"y = 2\n" * 90}),
        ]
        assert len(set(splits(tmp_path, tasks))) == 1


@pytest.mark.parametrize(("shared", "together"), [(4, True), (2, True), (1, False)])
def test_near_duplicates_share_half_of_the_smaller_ones_files(shared, together, tmp_path, mined):
    (train,), (test,) = (names_in(split, 1, tmp_path, mined) for split in HALVES)
    small = {f"f{number}": f"text {number}" for number in range(4)}
    large = {f"vendored{number}": f"text {number}" for number in range(shared)} | {
        f"g{n}": f"own {n}" for n in range(9)
    }
    tasks = [mined(f"pypi:{train}", project(train, **small)), mined(f"pypi:{test}", project(test, **large))]
    assert splits(tmp_path, tasks) == ["train", "train" if together else "test"]


def test_near_duplicates_whose_files_all_differ_are_known_by_their_functions(tmp_path, mined):
    (train,), (test,) = (names_in(split, 1, tmp_path, mined) for split in HALVES)
    tasks = [mined(f"pypi:{name}", project(name, a=name)) for name in (train, test)]
    bodies = [[f"{number:08x}" for number in range(start, start + 10)] for start in (0, 4)]
    bases = [
        codebase(task, *(symbol(f"f{body}", body) for body in own)) for task, own in zip(tasks, bodies, strict=True)
    ]
    assert splits(tmp_path, tasks, bases) == ["train", "train"]
    trivial = [
        base.model_copy(update={"symbols": tuple(s.model_copy(update={"end_line": 3}) for s in base.symbols)})
        for base in bases
    ]
    assert splits(tmp_path, tasks, trivial) == ["train", "test"]


def test_what_is_related_to_two_splits_is_left_out_and_nothing_moves(tmp_path, mined):
    (train,), (test,) = (names_in(split, 1, tmp_path, mined) for split in HALVES)
    first = [mined(f"pypi:{name}", project(name, a=name, b=f"more {name}")) for name in (train, test)]
    both = mined("pypi:both", project("both", a=train, b=f"more {train}", c=test, d=f"more {test}"))
    assert splits(tmp_path, [*first, both]) == ["train", "test", None]
    assert placed(tmp_path, [*first, both]).reason(both) == "its repository is related to repositories in two splits"
    # Where it comes first, the others follow it.
    assert len(set(splits(tmp_path, [both, *first]))) == 1


def test_a_task_about_the_same_code_as_one_in_another_split_is_left_out(tmp_path, mined):
    (train,), (test,) = (names_in(split, 1, tmp_path, mined) for split in HALVES)
    asked = [Target(file="m.py", qualname=name, kind="function", def_line=1) for name in "fg"]
    tasks = [
        mined(f"pypi:{name}", project(name, a=name), subject=subject)
        for name, subject in ((train, asked[0]), (test, asked[0]), (test, asked[1]))
    ]
    own = [[f"{number:08x}" for number in range(start, start + 10)] for start in (0, 100)]
    bases = [
        codebase(
            task, symbol("f", "feedbeef"), symbol("g", body[0]), *(symbol(f"h{digest}", digest) for digest in body)
        )
        for task, body in zip(tasks, own, strict=False)
    ]
    assert splits(tmp_path, tasks, bases) == ["train", None, "test"]
    assert placed(tmp_path, tasks, bases).reason(tasks[1]) == "it is about the same code as a task in another split"


@pytest.mark.parametrize("seed", range(6))
def test_adding_repositories_moves_none_and_no_two_related_ones_are_apart(seed, tmp_path, mined):
    drawn = random.Random(seed)
    trees = [{f"f{place}": f"text {drawn.randrange(60)}" for place in range(drawn.randrange(1, 6))} for _ in range(30)]
    tasks = [mined(f"pypi:p{n}", project(f"p{drawn.randrange(20)}", **tree)) for n, tree in enumerate(trees)]
    whole = splits(tmp_path, tasks, shares=THIRDS)
    for count in (5, 13, 22):
        assert splits(tmp_path, tasks[:count], shares=THIRDS) == whole[:count]
    assert len({split for split in whole if split}) >= 2
    digests = [set(tree.values()) for tree in trees]
    for one, other in combinations(range(30), 2):
        if whole[one] and whole[other] and whole[one] != whole[other]:
            shared = len(digests[one] & digests[other])
            assert shared < ALIKE * min(len(digests[one]), len(digests[other]))


def test_shares_are_met_on_average(tmp_path, mined):
    tasks = [mined(f"pypi:name{n}", project(f"name{n}", a=f"text {n}")) for n in range(400)]
    found = splits(tmp_path, tasks, shares={"train": 0.9, "validation": 0.05, "test": 0.05})
    assert 340 <= found.count("train") <= 380
    assert 8 <= found.count("validation") <= 35
    assert 8 <= found.count("test") <= 35


def test_the_order_in_which_shares_are_written_says_nothing(tmp_path, mined):
    tasks = [mined(f"pypi:name{n}", project(f"name{n}", a=f"text {n}")) for n in range(40)]
    backwards = dict(reversed(THIRDS.items()))
    assert splits(tmp_path, tasks, shares=THIRDS) == splits(tmp_path, tasks, shares=backwards)


@pytest.fixture
def out(tmp_path, mined, finish, validated) -> Path:
    """An out folder with three repositories for training, one for testing and one that is related to both."""
    train, test = names_in("train", 3, tmp_path, mined), names_in("test", 1, tmp_path, mined)
    repos = [mined(f"pypi:{name}", project(name, a=name, b=f"more {name}")) for name in (*train, *test)]
    both = mined("pypi:both", project("both", a=train[0], b=f"more {train[0]}", c=test[0], d=f"more {test[0]}"))
    families = ("dep-search", "func-localize")
    tasks = [
        validated(10 * number + place, families[place], repo=task.repo, snapshot=task.snapshot)
        for number, task in enumerate([*repos, both])
        for place in range(2)
    ]
    finish(tmp_path, "parse", 0, [])
    finish(tmp_path, "validate", 0, tasks)
    (tmp_path / ".hgen").touch()
    return tmp_path


def test_every_format_has_the_splits_and_says_what_is_left_out(out):
    config = Config(export={"splits": {"train": 0.5, "test": 0.5}})
    hf, jsonl = export(out, ("hf", "jsonl"), config, progress=lambda done, total: None)
    left_out = {"pypi:both: its repository is related to repositories in two splits": 2}
    for summary in (hf, jsonl):
        assert (summary.splits, summary.left_out) == ({"train": 6, "test": 2}, left_out)
        assert summary.tasks == {"dep-search": 4, "func-localize": 4}
    names = sorted(path.name for path in (out / "export" / "jsonl").glob("*.jsonl"))
    assert names == [f"{name}.{split}.jsonl" for name in ("dep_search", "func_localize") for split in ("test", "train")]
    rows = loaded(out / "export" / "hf", out / "cache", "dep_search")["dep_search"]
    lines = (out / "export" / "jsonl" / "dep_search.train.jsonl").read_text().splitlines()
    assert rows["splits"] == ["test", "train"]
    assert [row["instance_id"] for row in rows["rows"]] == [json.loads(line)["instance_id"] for line in lines]
    card = (out / "export" / "hf" / "README.md").read_text(encoding="utf-8")
    assert "| `train` | 50.0% | 3 | 6 | 75.0% |" in card
    assert "| `test` | 50.0% | 1 | 2 | 25.0% |" in card


@pytest.mark.parametrize("left", ["00000.jsonl", ""])
def test_splits_are_made_only_if_all_that_was_parsed_is_there_to_look_at(left, out):
    for path in (out / "parse").iterdir():
        if path.name != left:
            path.unlink()
    with pytest.raises(ShardError, match="run `hgen parse`"):
        export(out, ("jsonl",), Config(export={"splits": HALVES}), progress=lambda done, total: None)
    assert export(out, ("jsonl",), Config(), progress=lambda done, total: None)


def test_a_split_without_tasks_has_no_file_and_is_stated(out):
    done = hgen("export", "-o", out, "--format", "hf", "--split", "train=0.5,validation=0.0001,test=0.4999")
    assert done.returncode == 0, done.stderr
    assert "hgen: no repository falls into the split validation; more repositories fill it" in done.stderr
    for described in front_matter(out / "export" / "hf")["configs"]:
        assert [each["split"] for each in described["data_files"]] == ["train", "test"]
    assert loaded(out / "export" / "hf", out / "cache", "dep_search")["dep_search"]["splits"] == ["test", "train"]
    assert "| `validation` | 0.0% | 0 | 0 | 0.0% |" in (out / "export" / "hf" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("train=0.9", "the shares add up to 0.9, not to 1"),
        ("train=0.9,test=0.2", "the shares add up to 1.1, not to 1"),
        ("train=1.2,test=-0.2", "export.splits.train: Input should be less than or equal to 1"),
        ("train=1,test=-0.2", "export.splits.test: Input should be greater than 0"),
        ("train=1,test=0", "export.splits.test: Input should be greater than 0"),
        ("train=0.5,eval=0.5", "Input should be 'train', 'validation' or 'test', found 'eval'"),
        ("train=nan", "export.splits.train: Input should be "),
        ("train", "'train' is not SPLIT=SHARE, as in train=0.9,validation=0.05,test=0.05"),
        ("train=0.5,", "'' is not SPLIT=SHARE"),
        ("train=0.5,train=0.5", "the split train has two shares"),
    ],
)
def test_shares_that_cannot_be_are_refused(asked, says):
    with pytest.raises(ConfigError) as refused:
        load(None, (f"export.splits={json.dumps(shares(asked))}",))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
