"""A few tasks of every family with their images, for clients that start containers from them."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

from hgen.records import Validated
from hgen.runner import done_shards
from hgen.shards import file_digest, read_shard
from tests.command import hgen
from tests.keys import SHOP

EACH = int(os.environ.get("HGEN_CLIENT_TASKS", "1"))
"""Tasks of each family that are run."""

FAMILIES = {"dep-search", "func-localize", "func-gen", "test-gen", "verify-repair"}


@cache
def exported(undisturbed: Path, folder: Path, name: str) -> tuple[Path, Path]:
    """Out folders with static and with tested tasks that were exported in a format, their images built.

    They are in ``folder``, the same for all formats.
    """
    outs = _outs(undisturbed, folder / "client-tasks")
    for out in outs:
        done = hgen("export", "--format", name, "--images", out.parent / "images", "-o", out)
        assert done.returncode == 0, done.stderr
    return outs


@cache
def _outs(undisturbed: Path, work: Path) -> tuple[Path, Path]:
    static, tested = work / "static", work / "tested"
    work.mkdir(exist_ok=True)
    subprocess.run(["cp", "-r", undisturbed, static], check=True)
    for path, text in SHOP.items():
        (work / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (work / "shop" / path).write_text(text, encoding="utf-8")
    done = hgen(
        "run", "-o", tested, "-j", "1", "--set", f"mine.sources=[{work / 'shop'}]", "--set", "build.min_tests=4",
        "--set", "synth.families=[func-gen, test-gen, verify-repair]", "--set", "mine.decontaminate=[]",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for out in (static, tested):
        _keep_some(out)
    return static, tested


def _keep_some(out: Path) -> None:
    """Leave so many tasks of each family in an out folder, none whose right answer is no change."""
    counts: dict[str, int] = {}
    for shard in done_shards(out, "validate"):
        kept = []
        for found in read_shard(shard, Validated):
            family = found.task.family
            if found.task.patch and counts.get(family, 0) < EACH:
                counts[family] = counts.get(family, 0) + 1
                kept.append(found.model_dump_json() + "\n")
        shard.write_text("".join(kept), encoding="utf-8")
        receipt = shard.with_suffix(".receipt.json")
        said = json.loads(receipt.read_bytes())
        receipt.write_text(json.dumps(said | {"output": file_digest(shard), "given": len(kept)}), encoding="utf-8")
