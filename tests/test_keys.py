"""No key of the configuration is without effect: each is turned, and something else is seen."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hgen.config import Config, Section, dump, load
from hgen.families import OWN
from tests.keys import Bench


@dataclass(frozen=True)
class Turn:
    """What is looked at, the key's value before and after, and how other keys stand meanwhile."""

    seen: Callable[[Bench, Config], object]
    before: str
    after: str
    others: tuple[str, ...] = ()
    container: bool = False


CLEAN = ("mine.decontaminate=[]",)
SMALL = (*CLEAN, "mine.max_file_bytes=20000")
LOCALIZE = ("synth.families=[func-localize]", "synth.options.func-localize.cap=12")
MASKED = (*LOCALIZE, "synth.options.func-localize.variants=[masked]")
SEARCH = ("synth.families=[dep-search]", "synth.options.dep-search.cap=12")
ALL_SEARCHES = ("synth.families=[dep-search]", "synth.options.dep-search.cap=10000")
GEN = ("synth.families=[func-gen]",)
WRITE = ("synth.families=[test-gen]",)
ASKED = (
    *("synth.families=[func-localize]", "synth.options.func-localize={cap: 2, variants: [masked]}"),
    *("synth.describer=llm", "endpoint.model=m"),
)
REPAIR = ("synth.families=[verify-repair]",)
FEW = ("build.min_tests=4",)
BASE = "localhost/no-such-image"

KEYS = {
    "mine.sources": Turn(Bench.wanted, "[]", "[pypi:boltons]"),
    "mine.licenses": Turn(Bench.mined, "[Apache-2.0]", "[MIT]", CLEAN),
    "mine.decontaminate": Turn(Bench.mined, "[]", "[swe-bench]"),
    "mine.max_files": Turn(Bench.mined, "50", "2", CLEAN),
    "mine.max_bytes": Turn(Bench.mined, "100000", "1000", CLEAN),
    "mine.max_file_bytes": Turn(Bench.mined, "100000", "1000", CLEAN),
    "mine.max_ratio": Turn(Bench.mined_from_index, "100000", "2", SMALL),
    "mine.min_python_files": Turn(Bench.mined, "3", "9", CLEAN),
    "mine.host": Turn(Bench.wanted, "https://one.invalid/", "https://two.invalid/"),
    "mine.silence": Turn(Bench.mined_from_index, "60", "0.1", (*SMALL, "mine.max_ratio=100000")),
    "mine.timeout": Turn(Bench.mined_from_index, "60", "0.1", (*SMALL, "mine.max_ratio=100000")),
    "parse.max_file_bytes": Turn(Bench.parsed, "100000", "300"),
    "sandbox.engine": Turn(Bench.contained, "docker", "podman", container=True),
    "sandbox.base_image": Turn(Bench.contained, '""', BASE, container=True),
    "sandbox.memory_mb": Turn(Bench.contained, "1024", "256", container=True),
    "sandbox.cpus": Turn(Bench.contained, "1.0", "0.5", container=True),
    "sandbox.processes": Turn(Bench.contained, "256", "48", container=True),
    "build.min_tests": Turn(Bench.built, "4", "40", container=True),
    "build.seconds": Turn(Bench.built, "300", "0.01", FEW, container=True),
    "build.each": Turn(Bench.built, "20", "0.05", FEW, container=True),
    "build.targets": Turn(Bench.tried, "30", "1", container=True),
    "build.mutants": Turn(Bench.tried, "10", "1", container=True),
    "build.min_statements": Turn(Bench.tried, "3", "5", container=True),
    "build.max_statements": Turn(Bench.tried, "60", "4", container=True),
    "build.min_test_functions": Turn(Bench.tried, "2", "3", container=True),
    "build.max_test_functions": Turn(Bench.tried, "60", "2", container=True),
    "endpoint.model": Turn(Bench.described, "one", "two", ASKED),
    "endpoint.reply_format": Turn(Bench.described, "json_schema", "json_object", ASKED),
    "endpoint.max_reply_tokens": Turn(Bench.described, "2000", "100", ASKED),
    "endpoint.concurrency": Turn(Bench.described, "8", "1", ASKED),
    "endpoint.attempts": Turn(Bench.described, "6", "1", ASKED),
    "endpoint.timeout": Turn(Bench.described, "60", "0.01", (*ASKED, "endpoint.attempts=2")),
    "endpoint.max_tokens": Turn(Bench.described, "null", "9000", ASKED),
    "endpoint.max_cost": Turn(Bench.described, "null", "0.009", (*ASKED, "endpoint.input_price=1")),
    "endpoint.input_price": Turn(Bench.described, "0", "1", ASKED),
    "endpoint.output_price": Turn(Bench.described, "0", "1", ASKED),
    "synth.describer": Turn(Bench.described, "template", "llm", ASKED),
    "synth.families": Turn(Bench.synthesized, "[func-localize]", "[dep-search]"),
    "synth.seed": Turn(Bench.synthesized, "0", "1", SEARCH),
    "synth.max_lazy": Turn(Bench.synthesized, "0", "1", ALL_SEARCHES),
    "synth.options.func-localize.variants": Turn(Bench.synthesized, "[masked, named]", "[masked]", LOCALIZE),
    "synth.options.func-localize.cap": Turn(Bench.synthesized, "12", "3", LOCALIZE),
    "synth.options.func-localize.max_targets": Turn(Bench.synthesized, "3", "1", LOCALIZE),
    "synth.options.func-localize.undocumented": Turn(Bench.synthesized, "20", "40", LOCALIZE),
    "synth.options.func-localize.min_lines": Turn(Bench.synthesized, "4", "12", LOCALIZE),
    "synth.options.func-localize.min_words": Turn(Bench.synthesized, "5", "25", LOCALIZE),
    "synth.options.func-localize.max_words": Turn(Bench.synthesized, "90", "20", LOCALIZE),
    "synth.options.func-localize.margin": Turn(Bench.synthesized, "1.25", "3", MASKED),
    "synth.options.func-localize.passage": Turn(Bench.synthesized, "6", "2", MASKED),
    "synth.options.dep-search.max_dependencies": Turn(Bench.synthesized, "5", "1", SEARCH),
    "synth.options.dep-search.cap": Turn(Bench.synthesized, "12", "3", SEARCH),
    "synth.options.func-gen.cap": Turn(Bench.tested, "40", "1", GEN),
    "synth.options.func-gen.passage": Turn(Bench.tested, "12", "2", GEN),
    "synth.options.func-gen.min_words": Turn(Bench.tested, "6", "18", GEN),
    "synth.options.func-gen.hide_tests": Turn(Bench.tested, "true", "false", GEN),
    "synth.options.func-gen.neighbours": Turn(Bench.tested, "5", "0", GEN),
    "synth.options.test-gen.cap": Turn(Bench.tested, "40", "1", WRITE),
    "synth.options.test-gen.passage": Turn(Bench.tested, "12", "2", WRITE),
    "synth.options.test-gen.min_mutants": Turn(
        Bench.tested, "4", "40", (*WRITE, "synth.options.test-gen.max_mutants=40")
    ),
    "synth.options.test-gen.max_mutants": Turn(Bench.tested, "6", "4", WRITE),
    "synth.options.test-gen.share": Turn(Bench.tested, "0.6", "0.5", WRITE),
    "synth.options.verify-repair.cap": Turn(Bench.tested, "40", "1", REPAIR),
    "synth.options.verify-repair.passage": Turn(Bench.tested, "12", "2", REPAIR),
    "synth.options.verify-repair.min_words": Turn(Bench.tested, "6", "18", REPAIR),
    "synth.options.verify-repair.neighbours": Turn(Bench.tested, "5", "0", REPAIR),
    "synth.options.verify-repair.max_killers": Turn(Bench.tested, "3", "1", REPAIR),
    "synth.options.verify-repair.right": Turn(Bench.tested, "1000000", "2", (*REPAIR, "synth.seed=1")),
    "validate.in_sandbox": Turn(Bench.validated, "false", "true", container=True),
    "export.formats": Turn(Bench.exported, "[hf]", "[jsonl]"),
    "export.shard_bytes": Turn(Bench.exported, "500000000", "50000", ("export.formats=[hf]",)),
    "export.organisation": Turn(Bench.laid_out, "hgen", "ann"),
    "export.cpus": Turn(Bench.laid_out, "1.0", "2.0"),
    "export.memory_mb": Turn(Bench.laid_out, "2048", "512"),
    "export.agent_seconds": Turn(Bench.laid_out, "60", "120"),
    "export.verifier_seconds": Turn(Bench.laid_out, "60", "120"),
    "export.image_prefix": Turn(Bench.named, "one.example/a", "two.example/a"),
    "export.splits": Turn(Bench.exported, "{train: 1.0}", "{test: 1.0}", ("export.formats=[hf]",)),
    "run.sources_per_shard": Turn(Bench.sharded, "1", "2"),
}
"""For each key, by its dotted name, a case in which turning it changes what comes out."""


def keys() -> set[str]:
    """The dotted names of all keys, those of hgen's own families included."""
    found = {
        f"{name.rstrip('_')}.{key}"
        for name, section in Config()
        if isinstance(section, Section)
        for key in type(section).model_fields
    }
    options = {f"synth.options.{family.name}.{key}" for family in OWN for key in family.options.model_fields}
    return found - {"synth.options"} | options


@pytest.fixture(scope="module")
def seen(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., object]:
    """What a configuration leads to; the same question is asked once."""
    bench = Bench(tmp_path_factory.mktemp("bench"), undisturbed)

    answers: dict[tuple[object, str], object] = {}

    def ask(question: Callable[[Bench, Config], object], *assignments: str) -> object:
        config = load(None, assignments)
        asked = (question, dump(config))
        if asked not in answers:
            answers[asked] = question(bench, config)
        return answers[asked]

    return ask


def test_every_key_is_turned() -> None:
    assert set(KEYS) == keys()


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=[pytest.mark.container, pytest.mark.network] if turn.container else [])
        for key, turn in KEYS.items()
    ],
)
def test_turning_a_key_changes_what_comes_out(key: str, seen: Callable[..., object]) -> None:
    turn = KEYS[key]
    before, after = (seen(turn.seen, *turn.others, f"{key}={value}") for value in (turn.before, turn.after))
    assert before != after
