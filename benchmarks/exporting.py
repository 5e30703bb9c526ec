"""What it costs to export ten thousand tasks: seconds, memory and disk for each format, and for all of them at once.

    python -m benchmarks.exporting OUT [--tasks N] [--format FORMAT ...] [--keep FOLDER]

OUT is the folder of a finished run. Its sound tasks are repeated under new ids until there are N, in the shards that
``validate`` would have left; of a repository there are thus more tasks than hgen would make, and the statements repeat
themselves, which no format makes use of but parquet. Every export is a process of its own. ``distinct snapshots`` are
the archives that the tasks are from, ``rows`` the lines that the format jsonl writes. A file with several names counts
once: in ``MB`` what is in it, as an archive or an upload has it, in ``in blocks`` the file system's blocks, folders
included; ``cpu s`` is seconds of processors. The goal is that the ``MB`` of a format are at most 1.2 times the
snapshots and the rows. In blocks no folder of tasks can reach it: five files and four folders are 36 KB whatever is in
them.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from hgen.export.table import formats
from hgen.records import Validated
from hgen.run import tasks
from hgen.shards import file_digest


def main() -> None:
    """Export and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--format", action="append", metavar="FORMAT", help="default: all")
    parser.add_argument("--keep", type=Path, help="a folder to work in, which is left as it is afterwards")
    options = parser.parse_args()
    wanted = options.format or [*formats()]
    folder = options.keep or Path(tempfile.mkdtemp(prefix="hgen-exporting-", dir=options.out.parent))
    try:
        out = folder / "out"
        repeat(options.out, out, options.tasks)
        snapshots, _ = disk(out / "snapshots")
        rows = sum(shard.stat().st_size for shard in (out / "validate").glob("*.jsonl"))
        print(f"{options.tasks} tasks of {snapshots / 1e6:.1f} MB of distinct snapshots; {rows / 1e6:.1f} MB of rows")
        print(f"at most 1.2 times as much for a format: {1.2 * (snapshots + rows) / 1e6:.1f} MB")
        columns = ("s", "cpu s", "peak MB", "files", "MB", "in blocks")
        print(f"{'format':10} {' '.join(f'{column:>9}' for column in columns)}  tasks, left out")
        for names in [[name] for name in wanted] + ([wanted] if len(wanted) > 1 else []):
            measure(out, names)
        held, blocks = disk(out / "export", out / "snapshots")
        print(f"snapshots and exports together: {held / 1e6:.1f} MB, {blocks / 1e6:.1f} MB in blocks")
    finally:
        if not options.keep:
            shutil.rmtree(folder)


def repeat(source: Path, out: Path, count: int) -> None:
    """Make an out folder of ``count`` tasks."""
    for name in ("mine", "parse", "synth", "validate"):
        shutil.copytree(source / name, out / name)
    shutil.copytree(source / "snapshots", out / "snapshots", copy_function=os.link)
    (out / ".hgen").touch()
    known = list(tasks(source))
    shards = sorted((out / "validate").glob("[0-9]*.jsonl"))
    shards = [shard for shard in shards if not shard.name.endswith(".rejects.jsonl")]
    share = -(-count // len(shards))
    many = renamed(known, count)
    for shard in shards:
        lines = [each.model_dump_json() + "\n" for each in islice(many, share)]
        shard.write_text("".join(lines), encoding="utf-8")
        receipt = shard.with_suffix(".receipt.json")
        changed = {"given": len(lines), "output": file_digest(shard)}
        receipt.write_text(json.dumps(json.loads(receipt.read_text()) | changed))


def renamed(known: list[Validated], count: int) -> Iterator[Validated]:
    """``count`` tasks; those of one snapshot follow each other, as in a run."""
    times = -(-count // len(known))
    for number, each in islice(((n, each) for each in known for n in range(times)), count):
        new = f"{each.task.instance_id}{number:04x}"
        yield each.model_copy(update={"task": each.task.model_copy(update={"instance_id": new})})


def measure(out: Path, names: list[str]) -> None:
    """Export to some formats in a process of its own, and print what that took."""
    command = [sys.executable, "-m", "hgen", "export", "-o", str(out), "--json"]
    for name in names:
        command += ["--format", name]
    begun = time.perf_counter()
    reading, writing = os.pipe()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1)])
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as said:
        printed = said.read()
    _, status, used = os.wait4(process, 0)
    seconds = time.perf_counter() - begun
    if status:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    done = json.loads(printed)["formats"]
    peak = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    files = sum(each["files"] for each in done)
    counts = ", ".join(f"{sum(each['tasks'].values())}, {sum(each['left_out'].values())}" for each in done[:1])
    label = names[0] if len(names) == 1 else "all"
    held, blocks = disk(*(Path(each["folder"]) for each in done))
    cpu = used.ru_utime + used.ru_stime
    row = f"{label:10} {seconds:9.1f} {cpu:9.1f} {peak:9.0f} {files:9} {held / 1e6:9.1f} {blocks / 1e6:9.1f}"
    print(f"{row}  {counts if len(names) == 1 else ''}")


def disk(*folders: Path) -> tuple[int, int]:
    """What is below some folders, a file with several names once: bytes of the files, and of all blocks."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            status = path.lstat()
            size = 0 if path.is_dir() else status.st_size
            found[status.st_dev, status.st_ino] = (size, status.st_blocks * 512)
    return sum(size for size, _ in found.values()), sum(blocks for _, blocks in found.values())


if __name__ == "__main__":
    main()
