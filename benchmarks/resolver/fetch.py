"""Source distributions from the package index, unpacked without running anything in them."""

import tarfile
from pathlib import Path

from pypi_simple import PyPISimple

from benchmarks.resolver.packages import Package


def fetch(package: Package, folder: Path) -> Path:
    """The unpacked distribution, downloaded only if it is not there yet. Not even ``setup.py`` is executed."""
    target = folder / "src" / package.name
    if target.is_dir():
        return target
    archive = _download(package, folder / "sdists")
    scratch = folder / "unpacking" / package.name
    with tarfile.open(archive) as tar:
        tar.extractall(scratch, filter="data")
    (unpacked,) = scratch.iterdir()
    target.parent.mkdir(parents=True, exist_ok=True)
    return unpacked.rename(target)


def _download(package: Package, folder: Path) -> Path:
    stem = f"{package.name.replace('-', '_')}-{package.version}.tar.gz"
    archive = folder / stem
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with PyPISimple() as index:
            page = index.get_project_page(package.name)
            (found,) = (
                each
                for each in page.packages
                if each.package_type == "sdist"
                and each.version == package.version
                and each.filename.endswith(".tar.gz")
            )
            index.download_package(found, archive)
    return archive
