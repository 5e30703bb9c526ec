"""What a stage depends on, and is done again for."""

from pathlib import Path

import pytest

from hgen.config import load
from hgen.stages.pipeline import Folders, stage


def fingerprint(name: str, *assignments: str) -> str:
    return stage(name, load(None, assignments), Folders(out=Path("out"), cache=Path("cache"))).fingerprint


@pytest.mark.parametrize("name", ["build", "validate"])
def test_another_engine_gives_the_same_so_nothing_is_done_again(name: str) -> None:
    assert fingerprint(name, "sandbox.engine=podman") == fingerprint(name)


@pytest.mark.parametrize("name", ["build", "validate"])
@pytest.mark.parametrize("change", ["base_image=other", "memory_mb=2048", "cpus=2", "processes=64"])
def test_what_ran_in_other_containers_is_done_again(name: str, change: str) -> None:
    assert fingerprint(name, f"sandbox.{change}") != fingerprint(name)
    assert fingerprint("synth", f"sandbox.{change}") == fingerprint("synth")


def test_lazy_agents_are_asked_again_when_other_files_are_parsed() -> None:
    assert fingerprint("validate", "parse.max_file_bytes=100") != fingerprint("validate")


def test_proving_in_containers_too_is_another_validation() -> None:
    assert fingerprint("validate", "validate.in_sandbox=true") != fingerprint("validate")


@pytest.mark.parametrize("change", ["seed=1", "max_lazy=0.5", "options.dep-search.cap=1"])
def test_drawing_otherwise_is_another_synthesis(change: str) -> None:
    assert fingerprint("synth", f"synth.{change}") != fingerprint("synth")
