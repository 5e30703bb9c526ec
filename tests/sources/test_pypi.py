"""Source distributions: a web server on loopback stands in for a package index, in both of its languages."""

import functools
import hashlib
import http.server
import io
import json
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hgen.errors import ConfigError, NetworkError, Skip
from hgen.sources import Origin, Settings, fetch
from hgen.sources.pip_config import PackageIndex, read_index
from hgen.sources.pypi import Project, _session


@dataclass
class StandInIndex:
    """What the index offers, and what it was asked for."""

    url: str = ""
    language: str = "json"
    files: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, str | None] = field(default_factory=dict)
    yanked: set[str] = field(default_factory=set)
    status: int = 200
    redirect: bool = False
    asked: list[str] = field(default_factory=list)

    def offer(self, name: str, **contents: str) -> None:
        """Offer a source distribution with these files, as a tar archive or zip by its name."""
        files = contents or {"mod.py": "x = 1\n"}
        folder = name.rsplit(".", 2 if ".tar" in name else 1)[0]
        buffer = io.BytesIO()
        if name.endswith((".zip", ".whl")):
            with zipfile.ZipFile(buffer, "w") as archive:
                for path, content in files.items():
                    archive.writestr(f"{folder}/{path}", content)
        else:
            with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
                for path, content in files.items():
                    info = tarfile.TarInfo(f"{folder}/{path}")
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content.encode()))
        self.files[name] = buffer.getvalue()
        self.hashes[name] = hashlib.sha256(buffer.getvalue()).hexdigest()

    def page(self) -> tuple[str, str]:
        """The project page in PEP 691's JSON or PEP 503's HTML."""
        if self.language == "json":
            files = [
                {
                    "filename": name,
                    "url": f"../../files/{name}",
                    "hashes": {"sha256": digest} if digest else {},
                    "yanked": name in self.yanked,
                }
                for name, digest in self.hashes.items()
            ]
            page = {"meta": {"api-version": "1.0"}, "name": "project", "files": files}
            return "application/vnd.pypi.simple.v1+json", json.dumps(page)
        links = [
            f'<a href="../../files/{name}{f"#sha256={digest}" if digest else ""}"'
            f"{' data-yanked' if name in self.yanked else ''}>{name}</a>"
            for name, digest in self.hashes.items()
        ]
        return "text/html", f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, index: StandInIndex, *arguments: object) -> None:
        self.index = index
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self.index.asked.append(self.path)
        name = Path(self.path).name
        if self.index.status != 200:
            self._answer(self.index.status, "text/plain", b"no")
        elif self.path == "/simple/project/":
            kind, page = self.index.page()
            self._answer(200, kind, page.encode())
        elif self.index.redirect and self.path.startswith("/files/"):
            self.send_response(302)
            self.send_header("Location", f"/elsewhere/{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif name in self.index.files:
            self._answer(200, "application/octet-stream", self.index.files[name])
        else:
            self._answer(404, "text/plain", b"no")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["json", "html"])
def index(request: pytest.FixtureRequest) -> Iterator[StandInIndex]:
    offered = StandInIndex(language=request.param)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, offered)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        offered.url = f"http://127.0.0.1:{server.server_port}/simple/"
        yield offered
        server.shutdown()


@pytest.fixture
def take(index: StandInIndex, settings: Settings, tmp_path: Path) -> Callable[..., Origin]:
    def run(name: str = "Project", version: str | None = None, **changes: object) -> Origin:
        into = tmp_path / f"work{len(list(tmp_path.iterdir()))}"
        here = replace(settings, index=PackageIndex((index.url,), None, None), **changes)
        return fetch(Project(name, version), into, here)

    return run


def test_the_newest_release_is_taken_by_default(take, index):
    for version in ("1.9", "1.10", "2.0rc1", "1.2"):
        index.offer(f"project-{version}.tar.gz")
    origin = take()
    assert (origin.repo, origin.base_commit) == ("pypi:project", "1.10")
    assert (origin.tree / "mod.py").read_text(encoding="utf-8") == "x = 1\n"


def test_names_and_versions_are_compared_by_meaning(take, index):
    index.offer("project-1.0.tar.gz")
    assert take("PROJECT", "1.0.0").base_commit == "1.0"


def test_releases_that_were_withdrawn_are_taken_only_by_name(take, index):
    index.offer("project-1.0.tar.gz")
    index.offer("project-2.0.tar.gz")
    index.yanked.add("project-2.0.tar.gz")
    assert take().base_commit == "1.0"
    assert take(version="2.0").base_commit == "2.0"


def test_early_releases_are_taken_if_there_are_no_others(take, index):
    index.offer("project-1.0a1.tar.gz")
    index.offer("project-1.0a2.zip")
    assert take().base_commit == "1.0a2"


def test_versions_without_a_source_distribution_are_passed_over(take, index):
    index.offer("project-1.0.tar.gz")
    index.offer("project-2.0-py3-none-any.whl")
    assert take().base_commit == "1.0"
    with pytest.raises(Skip) as skip:
        take(version="2.0")
    assert skip.value.reason == "no-source-distribution"


@pytest.mark.parametrize(
    ("name", "version", "reason"),
    [
        ("project", "9.9", "no-such-version"),
        ("project", "not a version", "no-such-version"),
        ("other", None, "no-such-project"),
    ],
)
def test_what_does_not_exist_is_skipped_and_named(take, index, name, version, reason):
    index.offer("project-1.0.tar.gz")
    with pytest.raises(Skip) as skip:
        take(name, version)
    assert skip.value.reason == reason
    assert (version or name) in skip.value.detail


def test_a_file_that_is_not_what_was_announced_is_refused(take, index, tmp_path):
    index.offer("project-1.0.tar.gz")
    index.files["project-1.0.tar.gz"] += b" "
    with pytest.raises(NetworkError, match="project-1"):
        take()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_file_without_a_hash_is_refused(take, index):
    index.offer("project-1.0.tar.gz")
    index.hashes["project-1.0.tar.gz"] = None
    with pytest.raises(Skip) as skip:
        take()
    assert skip.value.reason == "no-hash"


def test_downloads_are_kept_and_checked_again(take, index, tmp_path):
    index.offer("project-1.0.tar.gz")
    take()
    take()
    assert index.asked.count("/files/project-1.0.tar.gz") == 1
    (kept,) = (tmp_path / "cache").rglob("project-1.0.tar.gz")
    kept.write_bytes(b"damaged")
    assert take().base_commit == "1.0"
    assert index.asked.count("/files/project-1.0.tar.gz") == 2


def test_the_host_of_the_files_may_redirect(take, index):
    index.offer("project-1.0.tar.gz")
    index.redirect = True
    assert take().base_commit == "1.0"


def test_a_download_over_the_limit_stops(take, index, settings):
    index.offer("project-1.0.tar.gz", data=os.urandom(200_000).hex())
    with pytest.raises(Skip) as skip:
        take(limits=replace(settings.limits, total_bytes=100_000))
    assert skip.value.reason == "too-big"


def test_setup_py_is_not_run(take, index, tmp_path):
    index.offer("project-1.0.tar.gz", **{"setup.py": f"open({str(tmp_path / 'sprung')!r}, 'w')"})
    take()
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_index_that_fails_gives_no_verdict(take, index, status):
    index.status = status
    with pytest.raises(NetworkError, match=str(status)):
        take()


def test_an_index_that_answers_nonsense_gives_no_verdict(take, index, monkeypatch):
    monkeypatch.setattr(index, "page", lambda: ("application/vnd.pypi.simple.v1+json", "{nonsense"))
    with pytest.raises(NetworkError):
        take()
    monkeypatch.setattr(index, "page", lambda: ("image/png", "nonsense"))
    with pytest.raises(NetworkError, match="image/png"):
        take()


def test_a_network_that_is_down_gives_no_verdict(settings, tmp_path, monkeypatch):
    monkeypatch.setattr("hgen.sources.pypi._RETRIES", 0)
    down = replace(settings, index=PackageIndex(("http://ann:secret@127.0.0.1:1/simple/",), None, None))
    with pytest.raises(NetworkError, match="127") as error:
        fetch(Project("project", None), tmp_path / "work", down)
    assert "secret" not in str(error.value)


def test_further_indexes_are_asked_for_what_the_first_does_not_have(index, settings, tmp_path):
    index.offer("project-1.0.tar.gz")
    empty = index.url.replace("/simple/", "/empty/")
    both = replace(settings, index=PackageIndex((empty, index.url), None, None))
    assert fetch(Project("project", None), tmp_path / "work", both).base_commit == "1.0"


def test_certificates_of_pip_are_not_overridden(tmp_path, monkeypatch):
    cert = tmp_path / "cert.pem"
    with pytest.raises(ConfigError, match=r"cert\.pem"):
        _session(PackageIndex((), cert, None))
    cert.touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with _session(PackageIndex((), cert, None)) as session:
        merged = session.merge_environment_settings("https://host.invalid/", {}, None, None, None)
    assert merged["verify"] == str(cert)


def test_pip_variables_come_before_its_files(tmp_path):
    (tmp_path / "one/pip").mkdir(parents=True)
    (tmp_path / "one/pip/pip.conf").write_text(
        "[global]\nindex-url = https://file.invalid/simple\nextra-index-url =\n  https://extra.invalid/\n  file:///folder\n"
        "cert = /from/file\n[download]\nproxy = http://proxy.invalid:1\n",
        encoding="utf-8",
    )
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "one")}
    found = read_index(environment)
    assert found.urls == ("https://file.invalid/simple", "https://extra.invalid/")
    assert found.cert == Path("/from/file")
    assert found.proxy == "http://proxy.invalid:1"
    found = read_index(environment | {"PIP_INDEX_URL": "https://variable.invalid/", "PIP_CERT": "/from/variable"})
    assert found.urls[0] == "https://variable.invalid/"
    assert found.cert == Path("/from/variable")


def test_without_any_configuration_it_is_the_default_index(tmp_path):
    found = read_index({"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "SSL_CERT_FILE": "/bundle"})
    assert len(found.urls) == 1
    assert (found.cert, found.proxy) == (Path("/bundle"), None)


def test_a_pip_configuration_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "pip.conf").write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"pip\.conf"):
        read_index({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")})


@pytest.mark.network
def test_a_real_package_of_the_real_index(settings, tmp_path):
    real = replace(settings, index=read_index(os.environ))
    origin = fetch(Project("sortedcontainers", "2.4.0"), tmp_path / "work", real)
    assert origin.base_commit == "2.4.0"
    assert (origin.tree / "sortedcontainers/sortedlist.py").is_file()


@pytest.mark.network
def test_a_project_that_the_real_index_does_not_have(settings, tmp_path):
    real = replace(settings, index=read_index(os.environ))
    with pytest.raises(Skip) as skip:
        fetch(Project("hgen-has-no-such-project", None), tmp_path / "work", real)
    assert skip.value.reason == "no-such-project"
