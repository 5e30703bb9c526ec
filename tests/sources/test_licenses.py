"""Which licence a tree stands under, and what a list allows."""

from importlib.metadata import distribution
from pathlib import Path

import pytest

from hgen.config import MineConfig
from hgen.errors import Skip
from hgen.sources.licenses import find_license, require_allowed
from hgen.sources.metadata import Metadata, read_metadata


def write(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def license_of(name: str) -> str:
    """A real licence text: the one that a distribution beside hgen comes with."""
    (found,) = [path for path in distribution(name).files or [] if path.name.startswith("LICENSE")]
    return found.read_text(encoding="utf-8")


def found_in(tree: Path) -> str:
    return find_license(tree, read_metadata(tree))


MIT, BSD, APACHE = license_of("rich"), license_of("click"), license_of("docker")


@pytest.mark.parametrize(
    ("files", "expression"),
    [
        ({"pyproject.toml": '[project]\nname = "p"\nlicense = "mit or apache-2.0"\n'}, "MIT OR Apache-2.0"),
        ({"pyproject.toml": '[project]\nlicense = {text = "BSD-3-Clause"}\n'}, "BSD-3-Clause"),
        ({"pyproject.toml": '[tool.poetry]\nlicense = "ISC"\n'}, "ISC"),
        ({"pyproject.toml": '[project]\nclassifiers = ["License :: OSI Approved :: ISC License (ISCL)"]\n'}, "ISC"),
        ({"PKG-INFO": "Metadata-Version: 2.4\nName: p\nLicense-Expression: MPL-2.0\n\nLicense: MIT\n"}, "MPL-2.0"),
        ({"PKG-INFO": "Name: p\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n"}, "MIT"),
        ({"PKG-INFO": "Name: p\nLicense: Apache 2.0\n"}, "Apache-2.0"),
        ({"setup.cfg": "[metadata]\nname = p\nlicense = BSD 3-Clause License\n"}, "BSD-3-Clause"),
        ({"setup.py": "setup(name='p', license='MIT')"}, "MIT"),
        ({"setup.py": "setup(classifiers=['License :: OSI Approved :: ISC License (ISCL)'])"}, "ISC"),
        ({"LICENSE": MIT}, "MIT"),
        ({"LICENCE.md": BSD}, "BSD-3-Clause"),
        ({"COPYING": APACHE}, "Apache-2.0"),
        ({"LICENSE-MIT": MIT, "LICENSE-APACHE": APACHE}, "Apache-2.0 AND MIT"),
        ({"LICENSES/MIT.txt": MIT}, "MIT"),
        ({"LICENSE": BSD, "setup.py": "setup(classifiers=['License :: OSI Approved :: BSD License'])"}, "BSD-3-Clause"),
        ({"LICENSE": BSD, "PKG-INFO": "Name: p\nLicense-Expression: MIT\n"}, "MIT"),
        ({"LICENSE": "See the website.", "PKG-INFO": "Name: p\nLicense: MIT\n"}, "MIT"),
        ({"p.dist-info/METADATA": "Name: p\n", "p.dist-info/licenses/LICENSE": MIT}, "MIT"),
    ],
)  # fmt: skip
def test_licences_are_found_where_projects_state_them(tmp_path, files, expression):
    assert found_in(write(tmp_path, **files)) == expression


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "This is MIT licensed."},
        {"LICENSE": "All rights reserved."},
        {"PKG-INFO": "Name: p\nLicense: Proprietary, ask us\n"},
        {"PKG-INFO": "Name: p\nLicense: BSD\nClassifier: License :: OSI Approved :: BSD License\n"},
        {"setup.py": "'License :: OSI Approved :: MIT License', 'License :: OSI Approved :: BSD License'"},
        {"pyproject.toml": "[project\nnonsense"},
        {"pyproject.toml": '[project]\nlicense = ["MIT"]\nname = 7\nurls = "x"\n'},
        {"setup.cfg": "nonsense"},
        {"pyproject.toml": f'big = {"9" * 5_000}\n[project]\nlicense = "MIT"\n'},
        {"pyproject.toml": 'day = 2024-13-45\n[project]\nlicense = "MIT"\n'},
        {"license.py": MIT},
    ],
)
def test_no_licence_is_a_skip(tmp_path, files):
    with pytest.raises(Skip) as skip:
        found_in(write(tmp_path, **files))
    assert skip.value.reason == "no-license"


def test_a_licence_behind_a_link_is_not_read(tmp_path):
    (tmp_path / "outside").write_text(MIT, encoding="utf-8")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/LICENSE").symlink_to("../outside")
    with pytest.raises(Skip):
        found_in(tmp_path / "tree")


@pytest.mark.parametrize(
    ("expression", "is_allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-2.0-only OR Apache-2.0)", True),
        ("(MIT AND GPL-2.0-only) OR LGPL-2.1-only", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("LGPL-2.1-or-later", False),
    ],
)
def test_or_needs_one_side_and_and_needs_both(expression, is_allowed):
    allowed = MineConfig().licenses
    if is_allowed:
        require_allowed(expression, allowed)
        return
    with pytest.raises(Skip) as skip:
        require_allowed(expression, allowed)
    assert (skip.value.reason, skip.value.detail) == ("license-not-allowed", expression)


def test_every_licence_of_the_default_list_is_one():
    for name in MineConfig().licenses:
        assert find_license(Path(), Metadata(expressions=(name,))) == name


def test_metadata_gives_names_and_addresses_for_decontamination(tmp_path):
    write(
        tmp_path,
        **{
            "pyproject.toml": '[project]\nname = "One"\nurls = {"Source Code" = "https://h/a/one", Docs = "https://h/d"}\n',
            "PKG-INFO": "Name: two\nHome-page: https://h/a/two\nProject-URL: Repository, https://h/a/three\n\ntext\n",
            "setup.cfg": "[metadata]\nname = four\nurl = https://h/a/four\n",
            "setup.py": "setup(name='five', url='https://h/a/five')\n",
        },
    )
    found = read_metadata(tmp_path)
    assert found.names == ("One", "two", "four", "five")
    assert [url.rpartition("/")[2] for url in found.urls] == ["one", "two", "three", "four", "five"]
