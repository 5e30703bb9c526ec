"""The configuration: one frozen model per section, read from YAML and ``--set section.key=value``.

``configs/default.yaml`` explains every key; a test keeps it equal to the defaults here.
"""

import difflib
import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hgen import resources
from hgen.errors import ConfigError

S = TypeVar("S", bound=BaseModel)

IMAGE_PREFIX = re.compile(r"^[a-z0-9]+([.-][a-z0-9]+)*(:[0-9]{1,5})?(/[a-z0-9]+([._-][a-z0-9]+)*)+$")
"""A registry and a path in it, in which nobody's password can be."""

SplitName = Literal["train", "validation", "test"]

_MOST_SHOWN = 300
"""Characters of a value in a message."""

_ROUNDING = 1e-6
"""What shares written as decimals may lack."""


class Section(BaseModel):
    """The base of all sections: immutable, no unknown keys, and no ``min_x`` above a ``max_x``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _require_room(self) -> Self:
        values = dict(self)
        for least, value in values.items():
            most = least.replace("min_", "max_", 1)
            if least.startswith("min_") and most in values and value > values[most]:
                problem = f"{least} {value} is above {most} {values[most]}"
                raise PydanticCustomError("no_room", "{problem}", {"problem": problem})
        return self


class MineConfig(Section):
    """What is mined, and which repositories are kept."""

    sources: tuple[str, ...] = ()
    licenses: tuple[str, ...] = (
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "HPND", "ISC", "MIT", "MIT-0",
        "MIT-CMU", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib", "ZPL-2.1",
    )  # fmt: skip
    decontaminate: tuple[str, ...] = ("swe-bench", "swe-bench-verified", "swt-bench", "commit-0")
    max_files: int = Field(50_000, gt=0)
    max_bytes: int = Field(500_000_000, gt=0)
    max_file_bytes: int = Field(20_000_000, gt=0)
    max_ratio: float = Field(100.0, gt=0)
    min_python_files: int = Field(3, ge=0)
    host: str = "https://github.com/"
    silence: float = Field(30.0, gt=0)
    timeout: float = Field(600.0, gt=0)


class ParseConfig(Section):
    """Which Python files are parsed."""

    max_file_bytes: int = Field(2_000_000, gt=0)


class SandboxConfig(Section):
    """The containers in which repositories' code runs."""

    engine: Literal["auto", "docker", "podman"] = "auto"
    base_image: str = ""
    memory_mb: int = Field(1024, ge=128)
    cpus: float = Field(1.0, gt=0)
    processes: int = Field(256, ge=32)

    def fingerprint(self) -> str:
        """What decides how foreign code runs: not which engine runs it, as all of them hold the same limits."""
        return self.model_dump_json(exclude={"engine"})


class BuildConfig(Section):
    """How repositories' tests are made to run, and how much is tried with them; times in seconds."""

    min_tests: int = Field(10, ge=1)
    seconds: float = Field(300.0, gt=0)
    each: float = Field(20.0, gt=0)
    targets: int = Field(30, ge=0)
    mutants: int = Field(10, ge=0)
    min_statements: int = Field(3, ge=1)
    max_statements: int = Field(60, ge=1)
    min_test_functions: int = Field(2, ge=1)
    max_test_functions: int = Field(60, ge=1)


class EndpointConfig(Section):
    """A language model behind an OpenAI-compatible endpoint; prices are for a million tokens, in any currency."""

    model: str = ""
    reply_format: Literal["json_schema", "json_object", "text"] = "json_schema"
    max_reply_tokens: int = Field(2000, ge=1)
    concurrency: int = Field(8, ge=1, le=1000)
    attempts: int = Field(6, ge=1)
    timeout: float = Field(120.0, gt=0)
    max_tokens: int | None = Field(None, ge=0)
    max_cost: float | None = Field(None, ge=0)
    input_price: float = Field(0.0, ge=0)
    output_price: float = Field(0.0, ge=0)

    def fingerprint(self) -> str:
        """What decides which replies come: not how fast, nor how they are waited for."""
        return self.model_dump_json(exclude={"concurrency", "attempts", "timeout"})


class SynthConfig(Section):
    """Which task families are synthesized; ``options`` holds each family's own settings by its name."""

    families: tuple[str, ...] = ()
    seed: int = Field(0, ge=-(2**63), lt=2**63)
    max_lazy: float = Field(0.3, ge=0, le=1)
    describer: Literal["template", "llm"] = "template"
    options: dict[str, dict[str, Any]] = {}


class ValidateConfig(Section):
    """How tasks are validated."""

    in_sandbox: bool = False


class ExportConfig(Section):
    """How tasks are exported; ``splits`` has the share of the repositories that each split gets, by its name."""

    formats: tuple[str, ...] = ("hf", "jsonl")
    shard_bytes: int = Field(500_000_000, gt=0)
    organisation: str = Field("hgen", pattern=r"^[a-zA-Z0-9]+([._-][a-zA-Z0-9]+)*$")
    cpus: float = Field(1.0, gt=0)
    memory_mb: int = Field(2048, ge=512)
    agent_seconds: float = Field(3600.0, gt=0)
    verifier_seconds: float = Field(3600.0, gt=0)
    image_prefix: str = Field("localhost/hgen", pattern=IMAGE_PREFIX.pattern)
    splits: dict[SplitName, Annotated[float, Field(gt=0, le=1)]] = {"train": 1.0}

    @field_validator("splits")
    @classmethod
    def _require_whole(cls, shares: dict[SplitName, float]) -> dict[SplitName, float]:
        total = math.fsum(shares.values())
        if abs(total - 1) > _ROUNDING:
            raise PydanticCustomError("not_whole", "the shares add up to {total}, not to 1", {"total": f"{total:g}"})
        return shares


class RunConfig(Section):
    """How stages are run."""

    sources_per_shard: int = Field(1, ge=1)


class Config(Section):
    """Everything that the output depends on; the number of workers is not part of it."""

    mine: MineConfig = MineConfig()
    parse: ParseConfig = ParseConfig()
    sandbox: SandboxConfig = SandboxConfig()
    build: BuildConfig = BuildConfig()
    endpoint: EndpointConfig = EndpointConfig()
    synth: SynthConfig = SynthConfig()
    validate_: ValidateConfig = Field(ValidateConfig(), alias="validate")
    export: ExportConfig = ExportConfig()
    run: RunConfig = RunConfig()


def load(path: Path | None, assignments: tuple[str, ...] = ()) -> Config:
    """Read a YAML file and apply ``section.key=value`` assignments, whose values are YAML.

    ``configs/NAME.yaml`` is the file that ships with hgen where there is none of that name here. Raises ``ConfigError``
    with one line that names the key and the nearest right one.
    """
    tree = _read(path) if path else {}
    for assignment in assignments:
        _assign(tree, assignment)
    return parse(tree)


def parse(tree: dict[str, Any]) -> Config:
    """Check a configuration read from anywhere."""
    return checked(Config, tree, ())


def checked(model: type[S], tree: dict[str, Any], place: tuple[str, ...]) -> S:
    """Make a section of a mapping; ``place`` is where the mapping stands, for the message.

    Raises ``ConfigError`` with one line that names the key and the nearest right one.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_first_problem(error, model, place)) from None


def shares(text: str) -> dict[str, float]:
    """The shares in ``train=0.9,test=0.1``; raises ``ConfigError`` for another form or a name that comes twice."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            share = float(number)
        except ValueError:
            raise ConfigError(
                f"{part.strip()!r} is not SPLIT=SHARE, as in train=0.9,validation=0.05,test=0.05"
            ) from None
        if name in found:
            raise ConfigError(f"the split {name} has two shares")
        found[name] = share
    return found


def dump(config: Config) -> str:
    """The whole configuration as YAML, defaults included."""
    return yaml.safe_dump(config.model_dump(mode="json", by_alias=True), sort_keys=False)


def _read(path: Path) -> dict[str, Any]:
    shipped = resources.path(str(path))
    try:
        text = (shipped if shipped.is_file() and not path.exists() else path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from None
    tree = _yaml(text, f"{path} is not YAML")
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{path} holds {type(tree).__name__}, not a mapping of sections")
    return tree


def _assign(tree: dict[str, Any], assignment: str) -> None:
    path, equals, text = assignment.partition("=")
    *parents, key = path.strip().split(".")
    if not equals or not parents:
        raise ConfigError(f"--set {assignment!r} is not section.key=value")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {assignment!r}: {parent} is not a section")
    tree[key] = _yaml(text, f"--set {_short(assignment)}")


def _yaml(text: str, context: str) -> Any:
    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise ConfigError(f"{context}: it has too many brackets in each other") from None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError) as error:
        # Not only YAMLError: PyYAML makes values of what looks like a date or a number, whether it is one or not.
        raise ConfigError(f"{context}: {' '.join(str(error).split())}") from None


def _short(found: object) -> str:
    try:
        text = repr(found)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _first_problem(error: ValidationError, model: type[BaseModel], place: tuple[str, ...]) -> str:
    problem = error.errors()[0]
    path = [str(part) for part in problem["loc"]]
    name = ".".join([*place, *path])
    if problem["type"] != "extra_forbidden":
        return f"configuration key {name}: {problem['msg']}, found {_short(problem['input'])}"
    near = difflib.get_close_matches(path[-1], _keys(model, path[:-1]), n=1, cutoff=0.0)
    meant = _elsewhere(path[-1]) or ".".join([*place, *path[:-1], *near])
    return f"unknown configuration key {name}; did you mean {meant}?"


def _elsewhere(key: str) -> str:
    """Where a section has a key of this name."""
    return next((f"{section}.{key}" for section in _keys(Config, []) if key in _keys(Config, [section])), "")


def _keys(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        for key, field in model.model_fields.items():
            if part == (field.alias or key) and isinstance(field.annotation, type):
                model = field.annotation
    return sorted(field.alias or key for key, field in model.model_fields.items())
