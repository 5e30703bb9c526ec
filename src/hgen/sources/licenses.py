"""Under which licence a tree stands, as an SPDX expression, and whether a list of licences allows it."""

import re
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from license_expression import (  # type: ignore[import-untyped]
    AND,
    OR,
    ExpressionError,
    ExpressionParseError,
    LicenseExpression,
    LicenseWithExceptionSymbol,
    Licensing,
    get_spdx_licensing,
)
from licenseclassifier import identify_license

from hgen.errors import Skip
from hgen.sources.metadata import Metadata

_NAMES = re.compile(r"(un)?licen[cs]e|copying|notice\.license", re.IGNORECASE)
_UNSTATED = re.compile(r"NOASSERTION|NONE|LicenseRef-.*unknown.*", re.IGNORECASE)
_MOST_TEXTS = 20
_MOST_BYTES = 200_000

# The classifiers that mean one licence; those that mean a family ("BSD License") say too little.
_CLASSIFIERS = {
    "Academic Free License (AFL)": "AFL-3.0",
    "Apache Software License": "Apache-2.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "Zero-Clause BSD (0BSD)": "0BSD",
    "Zope Public License": "ZPL-2.1",
    "zlib/libpng License": "Zlib",
}

# How people write licence names in fields that were never meant for expressions.
_ALIASES = {
    "mit license": "MIT",
    "the mit license": "MIT",
    "expat": "MIT",
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "new bsd": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd 2-clause": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "isc license": "ISC",
    "mpl 2.0": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0",
    "psf": "PSF-2.0",
    "zpl 2.1": "ZPL-2.1",
}


def find_license(tree: Path, metadata: Metadata) -> str:
    """The tree's licence as an SPDX expression; raises ``Skip("no-license")`` if none can be made out.

    An expression in the metadata counts most, then the licence texts beside the code, then classifiers, then free
    text. Several texts or classifiers are taken as all binding.
    """
    for expression in metadata.expressions:
        if normal := _normal(expression):
            return normal
    found = _from_texts(tree) or _from_classifiers(metadata.classifiers)
    for text in metadata.license_texts:
        found = found or _normal(_ALIASES.get(text.casefold(), text)) or _join(_identify(text))
    if not found:
        stated = [" ".join(text.split())[:100] for text in (*metadata.license_texts, *metadata.classifiers)]
        raise Skip("no-license", f"not clear from {stated}" if stated else "nothing says which")
    return found


def require_allowed(expression: str, allowed: Collection[str]) -> None:
    """Raise ``Skip("license-not-allowed")`` unless the licences in the list suffice to use what is under this one."""
    if not _is_met(_spdx().parse(expression), frozenset(allowed).__contains__):
        raise Skip("license-not-allowed", expression)


def is_stated(expression: str) -> bool:
    """Whether an expression says under which licence something may be used, and not that nobody knows."""
    try:
        parsed = _spdx().parse(expression)
    except (ExpressionError, ExpressionParseError):
        return False
    return parsed is not None and _is_met(parsed, lambda name: not _UNSTATED.fullmatch(name))


def is_license_name(name: str) -> bool:
    """Whether a file's name says that it holds a licence."""
    return _NAMES.match(name) is not None and not name.endswith(".py")


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()


def _normal(expression: str) -> str:
    """The expression with its names spelt as in the SPDX list, or nothing if it is not one."""
    if len(expression) > 500:
        return ""
    try:
        parsed = _spdx().parse(expression, validate=True, strict=True)
    except (ExpressionError, ExpressionParseError):
        return ""
    return str(parsed) if parsed is not None else ""


def _from_texts(tree: Path) -> str:
    places = [tree, *sorted(tree.glob("*.dist-info")), *sorted(tree.glob("*.dist-info/licenses"))]
    paths = [path for place in places for path in sorted(place.iterdir()) if is_license_name(path.name)]
    if (tree / "LICENSES").is_dir():
        paths += sorted((tree / "LICENSES").iterdir())
    texts = [path for path in paths if path.is_file() and not path.is_symlink() and path.stat().st_size <= _MOST_BYTES]
    found: set[str] = set()
    for path in texts[:_MOST_TEXTS]:
        found |= _identify(path.read_bytes().decode(errors="replace"))
    return _join(found)


def _identify(text: str) -> set[str]:
    return {match.id for match in identify_license(text)}


def _from_classifiers(classifiers: tuple[str, ...]) -> str:
    names = {classifier.rpartition("::")[2].strip() for classifier in classifiers} - {"OSI Approved"}
    # One that says too little may stand for anything, also beside one that is clear.
    return _join({_CLASSIFIERS[name] for name in names}) if names <= _CLASSIFIERS.keys() else ""


def _join(identifiers: set[str]) -> str:
    return _normal(" AND ".join(sorted(identifiers)))


def _is_met(expression: LicenseExpression, holds: Callable[[str], bool]) -> bool:
    """Whether what holds of some licences suffices: of all for ``AND``, of one for ``OR``."""
    if isinstance(expression, AND):
        return all(_is_met(part, holds) for part in expression.args)
    if isinstance(expression, OR):
        return any(_is_met(part, holds) for part in expression.args)
    if isinstance(expression, LicenseWithExceptionSymbol):
        # An exception only ever permits more.
        return holds(str(expression)) or holds(expression.license_symbol.key)
    return holds(str(expression))
