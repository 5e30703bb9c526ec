"""Archives that nobody vouches for: real ones, made to order."""

import bz2
import gzip
import io
import lzma
import os
import resource
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hgen.errors import Skip
from hgen.snapshots import Store, TreeLimits
from hgen.sources.archives import Unpacked, unpack

LIMITS = TreeLimits(files=50, total_bytes=2_000_000, file_bytes=1_000_000)


def member(name: str, content: bytes = b"x = 1\n", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(
        path, f"w:{path.suffix.removeprefix('.')}".removesuffix("tar"), format=tarfile.PAX_FORMAT
    ) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Unpacked]:
    def unpack_it(archive: Path, max_ratio: float = 1000) -> Unpacked:
        into = tmp_path / "out" / str(len(list((tmp_path / "out").iterdir()))) / "in"
        return unpack(archive, into, LIMITS, max_ratio=max_ratio)

    (tmp_path / "out").mkdir()

    return unpack_it


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_every_kind_of_tar_loses_the_folder_around_it(run, tmp_path, kind):
    archive = tar(tmp_path / f"a.{kind}", member("pkg-1/mod.py"), member("pkg-1/bin/run", mode=0o755))
    tree = run(archive).tree
    assert tree.name == "pkg-1"
    assert (tree / "mod.py").read_bytes() == b"x = 1\n"
    assert os.access(tree / "bin/run", os.X_OK)
    assert not os.access(tree / "mod.py", os.X_OK)


def test_zip_archives_keep_modes_and_links(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("pkg-1/mod.py", "x = 1\n")
        for name, mode in (("pkg-1/run", 0o100755), ("pkg-1/link", 0o120777)):
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, "mod.py")
    tree = run(tmp_path / "a.zip").tree
    assert os.access(tree / "run", os.X_OK)
    assert (tree / "link").readlink() == Path("mod.py")


def test_an_archive_of_several_folders_is_taken_as_it_is(run, tmp_path):
    archive = tar(tmp_path / "a.tar.gz", member("one/a.py"), member("two/b.py"))
    assert sorted(path.name for path in run(archive).tree.iterdir()) == ["one", "two"]


@pytest.mark.parametrize("name", ["../evil.py", "pkg/../../evil.py", "pkg/../../../../evil.py"])
def test_members_that_would_land_outside_are_refused(run, tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, "x")
    for path in (tar(tmp_path / "a.tar.gz", member("ok.py"), member(name)), tmp_path / "a.zip"):
        with pytest.raises(Skip) as skip:
            run(path)
        assert skip.value.reason == "unsafe-path"
    assert not list(tmp_path.rglob("evil.py"))


def test_absolute_names_lose_their_root(run, tmp_path):
    target = tmp_path / "evil.py"
    tree = run(tar(tmp_path / "a.tar.gz", member(str(target)))).tree
    assert not target.exists()
    assert len(list(tree.rglob("evil.py"))) == 1


def test_links_out_are_left_out_and_those_within_stay(run, tmp_path):
    kind = {"type": tarfile.SYMTYPE}
    archive = tar(
        tmp_path / "a.tar.gz",
        member("p/mod.py"),
        member("p/absolute", b"", linkname="/etc/passwd", **kind),
        member("p/outside", b"", linkname="../../../etc/passwd", **kind),
        member("p/inside", b"", linkname="mod.py", **kind),
        member("p/hard", b"", linkname="p/mod.py", type=tarfile.LNKTYPE),
        member("p/hard_out", b"", linkname="../../../etc/passwd", type=tarfile.LNKTYPE),
        member("p/hard_nowhere", b"", linkname="p/nothing", type=tarfile.LNKTYPE),
    )
    unpacked = run(archive)
    assert unpacked.dropped == {"link-dangling": 2}
    added = Store(tmp_path / "store").add(unpacked.tree, LIMITS)
    assert (added.files, added.links) == (2, 1)
    assert added.dropped == {"link-absolute": 1, "link-outside": 1}
    assert (unpacked.tree / "hard").read_bytes() == b"x = 1\n"
    assert (unpacked.tree / "hard").stat().st_nlink == 1


def test_nothing_is_written_through_a_link(run, tmp_path):
    (tmp_path / "victim").mkdir()
    link = member("p/dir", b"", type=tarfile.SYMTYPE, linkname="sub")
    for second in (
        member("p/dir/evil.py"),
        member("p/dir", b"x"),
        member("p/dir/l", b"", type=tarfile.SYMTYPE, linkname="x"),
    ):
        with pytest.raises(Skip) as skip:
            run(tar(tmp_path / "a.tar.gz", member("p/sub/x.py"), link, second))
        assert skip.value.reason == "unsafe-path"


def test_devices_and_pipes_are_left_out_and_counted(run, tmp_path):
    archive = tar(
        tmp_path / "a.tar.gz",
        member("p/mod.py"),
        member("p/null", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        member("p/disk", b"", type=tarfile.BLKTYPE),
        member("p/pipe", b"", type=tarfile.FIFOTYPE),
    )
    unpacked = run(archive)
    assert unpacked.dropped == {"special-file": 3}
    assert [path.name for path in unpacked.tree.iterdir()] == ["mod.py"]


def test_set_user_id_bits_are_not_kept(run, tmp_path):
    tree = run(tar(tmp_path / "a.tar.gz", member("p/run", mode=0o6777))).tree
    assert (tree / "run").stat().st_mode & 0o7777 == 0o755


def test_the_last_of_two_files_of_one_name_counts(run, tmp_path):
    tree = run(tar(tmp_path / "a.tar.gz", member("p/a.py", b"first, longer"), member("./p//a.py", b"second"))).tree
    assert (tree / "a.py").read_bytes() == b"second"


@pytest.mark.parametrize("members", [[member("p/a"), member("p/a/b")], [member("p/a/b"), member("p/a")]])
def test_a_name_cannot_be_file_and_folder(run, tmp_path, members):
    with pytest.raises(Skip) as skip:
        run(tar(tmp_path / "a.tar.gz", *members))
    assert skip.value.reason == "unsafe-path"


@pytest.mark.parametrize(
    "members",
    [
        [member(f"p/{number}") for number in range(51)],
        [member("p/large", bytes(1_000_001))],
        [member(f"p/{number}", os.urandom(900_000)) for number in range(3)],
    ],
)
def test_what_is_over_a_limit_is_too_big(run, tmp_path, members):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for info, content in members:
            archive.writestr(info.name, content)
    for path in (tar(tmp_path / "a.tar.gz", *members), tmp_path / "a.zip"):
        with pytest.raises(Skip) as skip:
            run(path, max_ratio=10_000)
        assert skip.value.reason == "too-big"


def test_bombs_are_noticed_by_what_comes_out(run, tmp_path):
    zeros = [member(f"p/{number}", bytes(900_000)) for number in range(2)]
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in zeros:
            archive.writestr(info.name, content)
    for path in (tar(tmp_path / "a.tar.gz", *zeros), tmp_path / "a.zip"):
        with pytest.raises(Skip) as skip:
            run(path, max_ratio=100)
        assert skip.value.reason == "archive-bomb"


def test_one_well_compressed_file_is_no_bomb(run, tmp_path):
    assert run(tar(tmp_path / "a.tar.gz", member("p/zeros", bytes(900_000))), max_ratio=100).dropped == {}


def test_folders_without_end_are_too_big(run, tmp_path):
    members = [member(f"p/{number}/" + "x/" * 300 + "y") for number in range(3)]
    with pytest.raises(Skip) as skip:
        run(tar(tmp_path / "a.tar.gz", *members))
    assert skip.value.reason == "too-big"


def test_a_zip_that_lies_about_sizes_is_not_believed(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p/zeros", bytes(1_500_000))
    honest = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(honest.replace((1_500_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(Skip):
        run(tmp_path / "a.zip")


def test_a_header_of_gigabytes_is_not_read_into_memory(tmp_path):
    # tarfile reads extended headers whole; this one claims, and compresses to little more than nothing, 3 GB.
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 3_000_000_000
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as archive:
        archive.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(60):
            archive.write(bytes(1_000_000))
    code = (
        "import sys, resource; from pathlib import Path; from hgen.errors import Skip\n"
        "from hgen.snapshots import TreeLimits; from hgen.sources.archives import unpack\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: unpack(Path(sys.argv[1]), Path(sys.argv[2]), TreeLimits(10, 10**10, 10**10), max_ratio=10**6)\n"
        "except Skip as skip: print(skip.reason, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.tar.gz"), str(tmp_path / "out")]
    reason, kilobytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert reason == "archive-bomb"
    assert int(kilobytes) < 30_000 * (1024 if sys.platform == "darwin" else 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tar.gz", b""),
        ("a.tar.gz", b"not an archive"),
        ("a.tar.gz", gzip.compress(b"not a tar file" * 100)),
        ("a.tar.bz2", bz2.compress(b"x" * 2000)[:-5]),
        ("a.tar.xz", lzma.compress(b"x" * 2000)[:-5]),
        ("a.zip", b"PK\x03\x04 not a zip"),
        ("a.rar", b"Rar!"),
    ],
)
def test_what_cannot_be_read_is_a_broken_archive(run, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Skip) as skip:
        run(tmp_path / name)
    assert skip.value.reason == "broken-archive"


def test_a_cut_archive_is_broken(run, tmp_path):
    archive = tar(tmp_path / "a.tar.gz", member("p/a", os.urandom(100_000)))
    archive.write_bytes(archive.read_bytes()[:50_000])
    with pytest.raises(Skip) as skip:
        run(archive)
    assert skip.value.reason == "broken-archive"


def test_an_encrypted_zip_is_broken(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("p/a.py", "x")
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(Skip) as skip:
        run(tmp_path / "a.zip")
    assert skip.value.reason == "broken-archive"


def test_names_that_no_snapshot_can_hold_are_left_out(run, tmp_path):
    archive = tar(tmp_path / "a.tar.gz", member("p/ok.py"), member("p/two\nlines.py"), member("p/.git/config"))
    unpacked = run(archive)
    assert unpacked.dropped == {"name-with-control-character": 1, "version-control": 1}


def test_names_that_no_file_system_takes_are_left_out(run, tmp_path):
    archive = tar(
        tmp_path / "a.tar.gz",
        member("p/ok.py"),
        member("p/" + "x" * 300),
        member("p/" + "x/" * 600 + "y"),
        member("p/link", b"", type=tarfile.SYMTYPE, linkname="z" * 5000),
        member("p/nowhere", b"", type=tarfile.SYMTYPE, linkname=""),
    )
    assert run(archive).dropped == {"name-too-long": 2, "link-name": 2}


@given(st.data())
@hypothesis_settings(max_examples=150, deadline=None)
def test_whatever_is_damaged_ends_in_a_tree_or_a_skip(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    kind = data.draw(st.sampled_from(["tar", "tar.gz", "tar.bz2", "tar.xz", "zip"]))
    archive = folder / f"a.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
            members.writestr("p/a.py", "x = 1\n" * 50)
            members.writestr("p/b.py", "y = 1\n")
    else:
        tar(archive, member("p/a.py", b"x = 1\n" * 50), member("p/" + "long" * 30), member("p/b.py"))
    content = bytearray(archive.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    archive.write_bytes(content)
    with suppress(Skip):
        unpack(archive, folder / "into", LIMITS, max_ratio=1000)
    assert {path.name for path in folder.iterdir()} <= {archive.name, "into"}


def test_an_empty_archive_is_an_empty_tree(run, tmp_path):
    assert not list(run(tar(tmp_path / "a.tar.gz")).tree.iterdir())


def test_a_full_disk_is_no_verdict_on_the_archive(tmp_path):
    archive = tar(tmp_path / "a.tar.gz", member("p/large", os.urandom(100_000)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            unpack(archive, tmp_path / "out", LIMITS, max_ratio=1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
