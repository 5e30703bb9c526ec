"""What a tree says that its tests need, in each of the places where people write it; nothing of it is run."""

import pytest

from hgen.testbed.environment.requirements import Declared, declared
from tests.limits import processor_limit


def told(**files: str) -> Declared:
    return declared({name.replace("__", "."): text.encode() for name, text in files.items()})


def wanted(**files: str) -> set[str]:
    return {text for group in told(**files).tests for text in group}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject__toml", '[project]\nname = "a"\n[project.optional-dependencies]\ntest = ["wanted"]\n'),
        ("pyproject__toml", '[dependency-groups]\ntests = ["wanted"]\n'),
        ("pyproject__toml", '[dependency-groups]\nlib = ["wanted"]\ntest = [{include-group = "lib"}]\n'),
        ("pyproject__toml", '[tool.poetry.group.test.dependencies]\nwanted = "*"\n'),
        ("pyproject__toml", '[tool.poetry.dev-dependencies]\nwanted = {version = "*"}\n'),
        ("pyproject__toml", '[tool.pdm.dev-dependencies]\ntest = ["wanted"]\n'),
        ("pyproject__toml", '[tool.uv]\ndev-dependencies = ["wanted"]\n'),
        ("pyproject__toml", '[tool.hatch.envs.test]\nextra-dependencies = ["wanted"]\n'),
        ("setup__cfg", "[options.extras_require]\ntest =\n    wanted\n"),
        ("setup__cfg", "[options]\ntests_require = wanted\n"),
        ("setup__py", 'from setuptools import setup\nsetup(extras_require={"tests": ["wanted"]})\n'),
        ("setup__py", 'import setuptools\nsetuptools.setup(tests_require=("wanted",))\n'),
        ("tox__ini", "[testenv]\ndeps =\n    # why\n    py3: wanted\n"),
        ("tox__toml", '[env_run_base]\ndeps = ["wanted"]\n'),
        ("pyproject__toml", '[tool.tox.env.test]\ndeps = ["wanted"]\n'),
        ("pyproject__toml", '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ndeps = wanted\n"""\n'),
        (
            "noxfile__py",
            'def tests(session):\n    session.install("-e", ".")\n    session.install("wanted")\n',
        ),
    ],
)
def test_a_requirement_of_tests_is_found_where_it_is_written(file: str, text: str) -> None:
    assert "wanted" in wanted(**{file: text})


@pytest.mark.parametrize("file", ["requirements-test.txt", "requirements/tests.in", "test-requirements.txt"])
def test_requirements_files_for_tests_are_followed(file: str) -> None:
    folder = "requirements/" if "/" in file else ""
    files = {
        file: b"-r more.txt\n--index-url https://elsewhere.invalid/\n-e .\n./local\n",
        f"{folder}more.txt": b"wanted # why\n",
    }
    assert declared(files).tests == (("wanted",),)


def test_hashes_and_continued_lines_of_a_lock_do_not_count() -> None:
    lock = "wanted==1.0 \\\n    --hash=sha256:0000 \\\n    --hash=sha256:1111\n"
    assert declared({"requirements-test.txt": lock.encode()}).tests == (("wanted==1.0",),)


def test_tox_and_nox_follow_the_files_that_they_name() -> None:
    files = {
        "tox.ini": b"[testenv]\ndeps = -r ci/needs.txt\n",
        "noxfile.py": b'def tests(session):\n    session.install("-r", "ci/more.txt")\n',
        "ci/needs.txt": b"first\n",
        "ci/more.txt": b"second\n",
    }
    assert {text for group in declared(files).tests for text in group} == {"first", "second"}


def test_groups_for_development_count_only_where_there_are_none_for_tests() -> None:
    development = '[dependency-groups]\ndev = ["linter"]\n'
    assert wanted(pyproject__toml=development) == {"linter"}
    assert wanted(pyproject__toml=development + 'test = ["plugin"]\n') == {"plugin"}


def test_a_project_that_asks_for_its_own_extras_means_what_is_in_them() -> None:
    text = """
[project]
name = "My.Project"
dependencies = ["needed>=2; python_version > '3'"]
[project.optional-dependencies]
fast = ["quick"]
test = ["my-project[fast]", "plugin"]
"""
    found = told(pyproject__toml=text)
    assert found.name == "my-project"
    assert found.tests == (("quick", "plugin"),)
    assert len(found.own) == 1 and found.own[0].startswith("needed>=2")


def test_metadata_of_a_source_distribution_counts_without_its_extras() -> None:
    headers = "Metadata-Version: 2.1\nName: thing\nRequires-Dist: needed\nRequires-Dist: other; extra == 'fast'\n"
    found = told(**{"PKG-INFO": headers, "setup__py": "raise SystemExit\n"})
    assert (found.name, found.own, found.installable) == ("thing", ("needed",), True)


def test_what_an_index_cannot_answer_is_left_out() -> None:
    members = ["good", "thing @ https://elsewhere.invalid/x.whl", "not a requirement", "../up"]
    text = f"[dependency-groups]\ntest = {members}\n"
    assert wanted(pyproject__toml=text) == {"good"}


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": b"[project\nname="},
        {"pyproject.toml": b"project = 3\ntool = []\n[dependency-groups]\ntest = 5\n"},
        {"pyproject.toml": b'[project]\nname = 3\ndependencies = {}\noptional-dependencies = ["x"]\n'},
        {"pyproject.toml": b"[tool.poetry]\ngroup = 1\n[tool.hatch]\nenvs = {test = 3}\n"},
        {"pyproject.toml": b"[tool.uv]\ndev-dependencies = 7\n[tool.pdm]\ndev-dependencies = 7\n"},
        {"pyproject.toml": b'[dependency-groups]\ntest = [{include-group = "test"}, {include-group = 3}, 4]\n'},
        {"pyproject.toml": b"\xff\xfe\x00"},
        {"pyproject.toml": b"a = " + b"[" * 100_000},
        {"setup.cfg": b"[options\nnonsense"},
        {"setup.cfg": b"[a]\nx = %(y)s\n[a]\nx = 2\n"},
        {"setup.py": b"def (:\n"},
        {"setup.py": b"setup(**x, install_requires=open('f').read())\n"},
        {"setup.py": b"x = " + b"(" * 50_000},
        {"tox.ini": b"\0"},
        {"tox.toml": b"env_run_base = 3\n[env]\ntest = [1]\n"},
        {"pyproject.toml": b"[tool]\ntox = 3\n"},
        {"noxfile.py": b"\0"},
        {"PKG-INFO": b"\xff: \xfe\n\n\0"},
        {"PKG-INFO": b"Name: \xff\nRequires-Dist: \xff\n"},
        {"requirements-test.txt": b"-r requirements-test.txt\n-r\n-rfoo\n--requirement\n\xff\n"},
    ],
    ids=str,
)
def test_broken_packaging_files_say_nothing_and_break_nothing(files: dict[str, bytes]) -> None:
    assert declared(files).tests == ()


def test_a_setup_script_is_read_and_not_run() -> None:
    script = "setup(name='x', install_requires=['needed'])\nraise SystemExit('was run')\n"
    assert told(setup__py=script).own == ("needed",)


def test_groups_and_files_that_name_each_other_are_gone_through_once() -> None:
    groups = [f'g{k} = [{{include-group = "g{k + 1}"}}, {{include-group = "g{k + 1}"}}]\n' for k in range(1, 1_500)]
    project = "[dependency-groups]\ntest = [{include-group = 'g1'}]\ng1500 = ['needed']\n" + "".join(groups)
    files = {f"lists/{k}.txt": f"-r {k + 1}.txt\n-r {k + 1}.txt\n".encode() for k in range(1, 1_500)}
    files |= {"requirements-test.txt": b"-r lists/1.txt\n", "lists/1500.txt": b"wanted\n"}
    with processor_limit(30.0, "reading"):
        found = declared(files | {"pyproject.toml": project.encode()}).tests
    assert {name for group in found for name in group} == {"needed", "wanted"}
