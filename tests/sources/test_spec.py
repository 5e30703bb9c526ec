"""What the user may write as a source."""

from pathlib import Path

import pytest

from hgen.cli import mine
from hgen.errors import ConfigError
from hgen.passwords import without_passwords
from hgen.sources.commit_table import Rows
from hgen.sources.installed import Installed
from hgen.sources.local import LocalPath
from hgen.sources.mirror import GitUrl, Hosted
from hgen.sources.pypi import Project
from hgen.sources.spec import PREFIXES, parse_spec


@pytest.mark.parametrize(
    ("spec", "location"),
    [
        ("pypi:requests", Project("requests", None)),
        ("pypi:zope.interface==1.0.post1+local", Project("zope.interface", "1.0.post1+local")),
        ("installed:rich", Installed("rich")),
        ("hf:SWE-Gym/SWE-Gym-Raw", Rows("SWE-Gym/SWE-Gym-Raw", None)),
        ("hf:SWE-Gym/SWE-Gym-Raw:train", Rows("SWE-Gym/SWE-Gym-Raw", "train")),
        ("ann/project", Hosted("ann/project", None)),
        ("ann/project.js@v1.0/x", Hosted("ann/project.js", "v1.0/x")),
        ("ann/project.git@main", Hosted("ann/project", "main")),
        ("https://host.invalid/a/b.git", GitUrl("https://host.invalid/a/b.git", None)),
        ("https://host.invalid/a/b.git@feature/x", GitUrl("https://host.invalid/a/b.git", "feature/x")),
        ("https://ann:pw@host.invalid/a/b@v1", GitUrl("https://ann:pw@host.invalid/a/b", "v1")),
        ("git+https://host.invalid/a/b", GitUrl("https://host.invalid/a/b", None)),
        ("ssh://git@host.invalid:22/a/b.git@v1", GitUrl("ssh://git@host.invalid:22/a/b.git", "v1")),
        ("git@host.invalid:a/b.git@v1", GitUrl("git@host.invalid:a/b.git", "v1")),
        ("git@host.invalid:a/b.git", GitUrl("git@host.invalid:a/b.git", None)),
        ("file:///srv/repo.git@v1", LocalPath(Path("/srv/repo.git"), "v1")),
        ("./not/there", LocalPath(Path("not/there"), None)),
    ],
)
def test_a_source_means_one_thing(spec, location, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse_spec(spec) == location


def test_what_exists_as_a_path_is_that_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ann/project").mkdir(parents=True)
    (tmp_path / "ann/odd@name").mkdir()
    (tmp_path / "rows.jsonl").touch()
    assert parse_spec("ann/project") == LocalPath(Path("ann/project"), None)
    assert parse_spec("ann/project@v1") == LocalPath(Path("ann/project"), "v1")
    assert parse_spec("ann/odd@name") == LocalPath(Path("ann/odd@name"), None)
    assert parse_spec("rows.jsonl") == Rows("rows.jsonl", None)


@pytest.mark.parametrize(
    "spec",
    [
        "", "word", "pypi:", "pypi:../x", "pypi:a b", "pypi:x>=1", "installed:rich==1", "hf:", "hf::train",
        "ext::sh -c true", "ftp://host.invalid/x", "javascript://x/y", "https://host.invalid", "-x/y", "a/b/c",
        "fd::17/x", "https://", "--upload-pack=x", "https://[::1/a/b", "file://[x/a", "https://[your-domain]/a/b",
    ],
)  # fmt: skip
def test_what_is_no_source_is_a_usage_error_that_repeats_it(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        parse_spec(spec)
    assert repr(spec) in str(error.value)


def test_passwords_are_taken_out_wherever_they_stand():
    text = (
        "cannot reach https://ann:pw@host.invalid/x or http://token@other.invalid: no ann:pw@host.invalid:80 (git@h:x)"
    )
    assert without_passwords(text) == (
        "cannot reach https://host.invalid/x or http://other.invalid: no host.invalid:80 (git@h:x)"
    )


def test_the_help_names_every_prefix():
    said = " ".join((mine.__annotations__["sources"].__metadata__[0].help or "").replace("\\", "").split())
    for name, prefix in PREFIXES.items():
        assert f"{name}:{prefix.form}" in said
