"""What a tree says about itself: its project's name, addresses and licence, from its packaging files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path

from hgen.sources.packaging_files import MOST_BYTES, read_ini, read_toml

_SEPARATOR = re.compile(r"[\s_]")
_SETUP_NAME = re.compile(r"""\bname\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_SETUP_URL = re.compile(r"""\burl\s*=\s*["'](https?://[^"'\s]+)["']""")
_SETUP_LICENSE = re.compile(r"""\blicen[cs]e\s*=\s*["']([^"'\n]+)["']""")
_CLASSIFIER = re.compile(r"""License :: [^"'\n#]+""")

_PLACES = (
    "pyproject.toml", "setup.cfg", "setup.py",
    "PKG-INFO", "*.dist-info/METADATA", "*.egg-info/PKG-INFO", "src/*.egg-info/PKG-INFO",
)  # fmt: skip
"""Where packaging files are."""

_PKG_INFO = re.compile(r"PKG-INFO")
_DIST_INFO = re.compile(r"[^/]*\.dist-info/METADATA")
_EGG_INFO = re.compile(r"[^/]*\.egg-info/PKG-INFO")
_EGG_INFO_IN_SRC = re.compile(r"src/[^/]*\.egg-info/PKG-INFO")
_HEADERS = (_PKG_INFO.fullmatch, _DIST_INFO.fullmatch, _EGG_INFO.fullmatch, _EGG_INFO_IN_SRC.fullmatch)
"""Those of them that are headers, as of mail; the first of each kind is read."""

_LABELS_OF_THE_REPOSITORY = frozenset(
    {"home", "homepage", "home-page", "source", "sourcecode", "repository", "code", "github", "git"}
)


@dataclass(frozen=True)
class Metadata:
    """Statements found in a tree, in the order of how much they count; any of them may be wrong."""

    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    """Licences stated as SPDX expressions."""
    classifiers: tuple[str, ...] = ()
    """``License :: …`` trove classifiers."""
    license_texts: tuple[str, ...] = ()
    """What stands in older free-text licence fields: a name or a whole text."""

    def __add__(self, other: "Metadata") -> "Metadata":
        return Metadata(
            self.names + other.names,
            self.urls + other.urls,
            self.expressions + other.expressions,
            self.classifiers + other.classifiers,
            self.license_texts + other.license_texts,
        )


def read_metadata(tree: Path) -> Metadata:
    """Read pyproject.toml, PKG-INFO or METADATA, setup.cfg and setup.py; run nothing, believe nothing."""
    found = (path for place in _PLACES for path in sorted(tree.glob(place)))
    files = [path for path in found if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES]
    return metadata_of({path.relative_to(tree).as_posix(): path.read_bytes() for path in files})


def metadata_of(files: Mapping[str, bytes]) -> Metadata:
    """What the packaging files among a tree's files say; as ``read_metadata``."""
    found = _from_pyproject(_text(files, "pyproject.toml"))
    for is_one in _HEADERS:
        for path in sorted(filter(is_one, files))[:1]:
            found += _from_headers(_text(files, path))
    found += _from_setup_cfg(_text(files, "setup.cfg"))
    return found + _from_setup_py(_text(files, "setup.py"))


def _text(files: Mapping[str, bytes], path: str) -> str:
    """The text of a file, or nothing."""
    content = files.get(path, b"")
    return content.decode(errors="replace") if len(content) <= MOST_BYTES else ""


def _from_pyproject(text: str) -> Metadata:
    tables = read_toml(text)
    project, poetry = _table(tables, "project"), _table(_table(tables, "tool"), "poetry")
    license_ = project.get("license", poetry.get("license"))
    stated = _strings([license_]) if isinstance(license_, str) else ()
    return Metadata(
        names=_strings([project.get("name"), poetry.get("name")]),
        urls=(
            *_repository_urls(_table(project, "urls")),
            *_strings([poetry.get("homepage"), poetry.get("repository")]),
        ),
        expressions=stated,
        classifiers=_license_classifiers([*_list(project, "classifiers"), *_list(poetry, "classifiers")]),
        license_texts=(*stated, *_strings([_table(project, "license").get("text")])),
    )


def _table(parent: dict[str, object], key: str) -> dict[str, object]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _list(parent: dict[str, object], key: str) -> list[object]:
    value = parent.get(key)
    return value if isinstance(value, list) else []


def _strings(values: list[object]) -> tuple[str, ...]:
    return tuple(value.strip() for value in values if isinstance(value, str) and value.strip())


def _repository_urls(urls: dict[str, object]) -> tuple[str, ...]:
    return _strings([url for label, url in urls.items() if _is_of_the_repository(label)])


def _is_of_the_repository(label: str) -> bool:
    return _SEPARATOR.sub("", label.casefold()) in _LABELS_OF_THE_REPOSITORY


def _license_classifiers(classifiers: list[object]) -> tuple[str, ...]:
    return tuple(text for text in _strings(classifiers) if text.startswith("License ::"))


def _from_headers(text: str) -> Metadata:
    message: Message = BytesHeaderParser().parsebytes(text.encode())
    labelled = [str(line).partition(",") for line in message.get_all("Project-URL", [])]
    return Metadata(
        names=_headers(message, "Name"),
        urls=(
            *_headers(message, "Home-page"),
            *_strings([url for label, _, url in labelled if _is_of_the_repository(label)]),
        ),
        expressions=_headers(message, "License-Expression"),
        classifiers=_license_classifiers(list(message.get_all("Classifier", []))),
        license_texts=_headers(message, "License"),
    )


def _headers(message: Message, name: str) -> tuple[str, ...]:
    values = [str(value) for value in message.get_all(name, [])]
    return tuple(value.strip() for value in values if value.strip() and value.strip().upper() != "UNKNOWN")


def _from_setup_cfg(text: str) -> Metadata:
    stated = read_ini(text, strict=True).get("metadata", {})
    section = {key.replace("-", "_"): value for key, value in stated.items() if value}
    return Metadata(
        names=_strings([section.get("name")]),
        urls=_strings([section.get("url"), section.get("home_page")]),
        classifiers=_license_classifiers([line.strip() for line in section.get("classifiers", "").split("\n")]),
        license_texts=_strings([section.get("license")]),
    )


def _from_setup_py(text: str) -> Metadata:
    return Metadata(
        names=tuple(_SETUP_NAME.findall(text)[:1]),
        urls=tuple(_SETUP_URL.findall(text)[:1]),
        classifiers=tuple(match.strip() for match in _CLASSIFIER.findall(text)),
        license_texts=tuple(_SETUP_LICENSE.findall(text)[:1]),
    )
