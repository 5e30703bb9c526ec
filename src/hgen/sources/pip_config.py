"""Which package index to ask, and how: what pip would do, from its environment variables and configuration files."""

import configparser
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pypi_simple import PYPI_SIMPLE_ENDPOINT

from hgen.errors import ConfigError

_SECTIONS = ("global", "download")


@dataclass(frozen=True)
class PackageIndex:
    """How packages are found: the addresses of the indexes in the order in which they are asked, and the transport."""

    urls: tuple[str, ...]
    cert: Path | None
    """A bundle of certificates that servers are checked against, instead of the usual ones."""
    proxy: str | None


def read_index(environment: Mapping[str, str]) -> PackageIndex:
    """What pip would use: ``PIP_*`` variables, else its configuration files, else the default index.

    Indexes in local folders are not asked.
    """
    options = _read_files(_config_files(environment))
    options |= {
        key: value
        for key in ("index-url", "extra-index-url", "cert", "proxy")
        if (value := environment.get("PIP_" + key.upper().replace("-", "_")))
    }
    urls = [options.get("index-url", PYPI_SIMPLE_ENDPOINT), *options.get("extra-index-url", "").split()]
    cert = options.get("cert") or environment.get("SSL_CERT_FILE")
    return PackageIndex(
        urls=tuple(url for url in urls if url.startswith(("http://", "https://"))),
        cert=Path(cert) if cert else None,
        proxy=options.get("proxy"),
    )


def _read_files(files: list[Path]) -> dict[str, str]:
    options: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise ConfigError(f"pip's configuration {file} cannot be read: {' '.join(str(error).split())}") from None
        for section in _SECTIONS:
            if parser.has_section(section):
                options |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    return options


def _config_files(environment: Mapping[str, str]) -> list[Path]:
    """Pip's configuration files, the ones that count most last."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(environment.get("HOME", "/"))
    shared = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    own = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    if sys.platform == "darwin":
        shared = "/Library/Application Support"
        application_support = home / "Library/Application Support"
        own = application_support if (application_support / "pip").is_dir() else own
    return [
        *(Path(folder) / "pip/pip.conf" for folder in reversed(shared.split(os.pathsep))),
        Path("/etc/pip.conf"),
        home / ".pip/pip.conf",
        own / "pip/pip.conf",
        Path(sys.prefix) / "pip.conf",
        *([Path(named)] if named else []),
    ]
