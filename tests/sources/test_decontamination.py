"""Repositories of benchmarks are refused, however they come."""

from pathlib import Path

import pytest

from hgen.config import MineConfig
from hgen.errors import ConfigError, Skip
from hgen.sources import Origin
from hgen.sources.decontamination import known_lists, load_list, require_clean
from hgen.sources.metadata import Metadata

LISTS = MineConfig().decontaminate


def origin(repo: str) -> Origin:
    """What a source makes of it: the index and the environment know projects by name."""
    kind, _, project = repo.partition(":")
    return Origin(repo, "1", Path(), projects=(project,) if kind in ("pypi", "installed") else ())


def test_all_shipped_lists_are_on_by_default():
    assert set(LISTS) == set(known_lists())


@pytest.mark.parametrize(
    ("name", "repositories"), [("swe-bench", 12), ("swe-bench-verified", 12), ("swt-bench", 12), ("commit-0", 56)]
)
def test_the_lists_have_their_repositories(name, repositories):
    found = load_list(name)
    # Some stand there under an earlier address too, and every project has a name on the index.
    assert len(found.repositories) >= repositories
    assert len(found.projects) >= repositories
    assert all(entry == entry.lower() for entry in found.repositories | found.projects)


@pytest.mark.parametrize(
    ("repo", "metadata"),
    [
        ("django/django", Metadata()),
        ("Django/Django", Metadata()),
        ("somebody/fork", Metadata(names=("Django",))),
        ("pypi:scikit-learn", Metadata()),
        ("pypi:Scikit_Learn", Metadata()),
        ("installed:more-itertools", Metadata()),
        ("local:checkout", Metadata(urls=("git@github.com:SymPy/sympy.git",))),
        ("local:checkout", Metadata(urls=("https://ann:pw@github.com/psf/requests.git",))),
        ("pypi:renamed", Metadata(urls=("https://github.com/pytest-dev/pytest/",))),
        ("pypi:renamed", Metadata(urls=("https://github.com/pallets/flask/tree/main/docs",))),
        ("other.example/pydata/xarray", Metadata(urls=("https://other.example/pydata/xarray",))),
    ],
)
def test_benchmarks_are_recognised_by_repository_address_and_name(repo, metadata):
    with pytest.raises(Skip) as skip:
        require_clean(origin(repo), metadata, LISTS)
    assert skip.value.reason == "decontamination"


@pytest.mark.parametrize(
    ("repo", "metadata"),
    [
        ("somebody/requests-cache", Metadata(names=("requests-cache",))),
        ("pypi:tabulate", Metadata(urls=("https://github.com/astanin/python-tabulate",))),
        ("local:requests-demo", Metadata(urls=("https://github.com/pytest-dev/pytest-xdist",))),
        ("local:x", Metadata(urls=("nonsense", "", "https://"))),
    ],
)
def test_others_are_not(repo, metadata):
    require_clean(origin(repo), metadata, LISTS)


def test_without_lists_everything_is_clean():
    require_clean(Origin("django/django", "1", Path()), Metadata(), ())


def test_a_list_of_ones_own(tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("# mine\nAnn/Project  my-project, other_name # why\n\n", encoding="utf-8")
    found = load_list(str(own))
    assert (found.repositories, found.projects) == ({"ann/project"}, {"my-project", "other-name"})


@pytest.mark.parametrize("content", ["word\n", "a/b c d\n", "a/b/c\n"])
def test_a_line_of_another_form_is_named(tmp_path, content):
    own = tmp_path / "own.txt"
    own.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        load_list(str(own))


def test_unknown_lists_are_named_with_the_known_ones(tmp_path):
    with pytest.raises(ConfigError, match=r"swe-bench-verfied.*swe-bench-verified"):
        load_list("swe-bench-verfied")
    with pytest.raises(ConfigError, match=r"missing\.txt"):
        load_list(str(tmp_path / "missing.txt"))


def test_an_address_that_is_none_says_nothing():
    require_clean(origin("local:x"), Metadata(urls=("http://[::1", "https://[your-domain]/django/django")), LISTS)
