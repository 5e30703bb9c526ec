"""The configuration says clearly what is wrong with it."""

from pathlib import Path

import pytest
import yaml

from hgen.config import Config, checked, dump, load, parse
from hgen.errors import ConfigError
from hgen.families import OWN
from hgen.resources import text
from hgen.stages.synth import fingerprint


def test_the_shipped_default_is_the_default_and_names_every_key() -> None:
    shipped = yaml.safe_load(text("configs/default.yaml"))
    options = shipped["synth"]["options"]
    for family in OWN:
        assert checked(family.options, options[family.name], ()) == family.options()
        assert set(options[family.name]) == set(family.options.model_fields), f"keys of {family.name}"
    assert set(options) == {family.name for family in OWN}
    shipped["synth"]["options"] = {}
    assert parse(shipped) == Config()
    for section, model in Config():
        name = section.rstrip("_")
        assert set(shipped[name]) == set(type(model).model_fields), f"configs/default.yaml lacks keys of {name}"


def test_a_dumped_configuration_reads_back(tmp_path: Path) -> None:
    config = load(None, ("mine.sources=[pypi:boltons]", "synth.seed=7"))
    (tmp_path / "config.yaml").write_text(dump(config), encoding="utf-8")
    assert load(tmp_path / "config.yaml") == config


def test_a_shipped_configuration_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "pypi:lark" in load(Path("configs/quickstart.yaml")).mine.sources
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/quickstart.yaml").write_text("mine: {sources: [mine]}", encoding="utf-8")
    assert load(Path("configs/quickstart.yaml")).mine.sources == ("mine",)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"mine": {"licences": []}}, "unknown configuration key mine.licences; did you mean mine.licenses?"),
        ({"minee": {}}, "unknown configuration key minee; did you mean mine?"),
        ({"validate": {"base_image": "x"}}, "key validate.base_image; did you mean sandbox.base_image?"),
        ({"validate": {"sandbox": "auto"}}, "key validate.sandbox; did you mean validate.in_sandbox?"),
        ({"synth": {"seed": "x"}}, "configuration key synth.seed: Input should be a valid integer"),
        ({"mine": {"max_files": 0}}, "configuration key mine.max_files: Input should be greater than 0"),
        ({"mine": None}, "configuration key mine: Input should be"),
        ({"synth": {"seed": 2**63}}, "configuration key synth.seed: Input should be less than"),
        ({"synth": {"seed": -(2**63) - 1}}, "configuration key synth.seed: Input should be greater than"),
        ({"synth": {"seed": 16**9_999}}, "configuration key synth.seed: "),
        (
            {"build": {"min_statements": 61}},
            "configuration key build: min_statements 61 is above max_statements 60, found {'min_statements': 61}",
        ),
        ({"build": {"min_test_functions": 9, "max_test_functions": 8}}, "min_test_functions 9 is above"),
    ],
)
def test_a_wrong_key_is_named_with_the_nearest_right_one(tree: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(tree)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "assignment",
    [
        "seed=1", "synth.seed", "=1", "mine.sources.deep=1", "synth.seed={", "synth.seed=2024-13-45",
        pytest.param(f"synth.seed={'9' * 5_000}", id="digits"),
        pytest.param(f"synth.seed={'[' * 3_000}", id="brackets"),
        "synth.seed=!!int ''", "synth.seed=!!bool x", "synth.seed=!!timestamp x",
    ],
)  # fmt: skip
def test_a_wrong_assignment_is_a_clear_error(assignment: str) -> None:
    with pytest.raises(ConfigError, match=r"--set|configuration key"):
        load(None, ("mine.sources=[a]", assignment))


@pytest.mark.parametrize(
    "content",
    [
        b"[1, 2]", b"a: [", b"\xff\xfe\x00", b"synth: {seed: 2024-13-45}",
        pytest.param(b"a: " + b"9" * 5_000, id="digits"),
        pytest.param(b"[" * 3_000, id="brackets"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        load(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"func-localize": {"variants": []}}, "func-localize.variants: Tuple should have at least 1 item"),
        ({"func-localize": {"min_words": 91}}, "func-localize: min_words 91 is above max_words 90"),
        ({"test-gen": {"min_mutants": 7}}, "test-gen: min_mutants 7 is above max_mutants 6"),
    ],
)
def test_options_that_leave_nothing_to_make_are_refused(options: dict[str, dict[str, object]], message: str) -> None:
    config = parse({"synth": {"options": options, "families": list(options)}})
    with pytest.raises(ConfigError) as caught:
        fingerprint(config.synth, config.endpoint)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
