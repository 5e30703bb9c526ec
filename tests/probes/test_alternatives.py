"""Right answers other than the reference answer are full successes, and a task that refuses one is unsound."""

import pytest

from hgen.errors import Skip
from hgen.families.dep_search import FAMILY
from hgen.probes.alternatives import markers, other_diffs
from hgen.probes.ground import Ground
from hgen.probes.probe import Probe
from hgen.scoring import diffs, score_patch
from hgen.scoring.tasks import subject_of
from hgen.soundness import static
from tests.probes.test_probes import DEP_SEARCH
from tests.scoring.catalogue.markers import FILES as CORE


def gold() -> str:
    ground = Ground(DEP_SEARCH.targets, CORE)
    text = f"# this function/class is called by the {subject_of(DEP_SEARCH).qualname} function"
    return ground.patch((site, site.above(text)) for site in ground.targets)


def test_other_words_and_places_for_the_comment_are_right() -> None:
    found = list(markers(DEP_SEARCH, CORE))
    assert len({probe.patch for probe in found}) == len(found) >= 5
    for probe in found:
        assert score_patch(DEP_SEARCH, probe.patch, CORE).reward == 1, probe.name


def test_other_diffs_of_the_same_answer_are_right() -> None:
    found = {probe.name: probe.patch for probe in other_diffs(gold(), CORE)}
    assert len(found["little-context"]) < len(gold()) < len(found["whole-file-context"])
    assert all(content.count(b"\n") <= found["whole-file-context"].count("\n") for content in _changed().values())
    assert found["carriage-returns"].count("\r\n") > 10
    for name, patch in found.items():
        assert score_patch(DEP_SEARCH, patch, CORE).reward == 1, name


def _changed() -> dict[str, bytes]:
    return {file: CORE[file] for file in diffs.apply(gold(), CORE)}


def test_a_task_that_refuses_a_right_answer_is_unsound(monkeypatch: pytest.MonkeyPatch) -> None:
    assert static._alternatives(FAMILY.grading, DEP_SEARCH, gold(), CORE).passed  # type: ignore[arg-type]
    stranger = Probe("stranger", gold().replace("called by", "needed by"))
    monkeypatch.setattr(static, "other_diffs", lambda patch, files: [stranger])
    with pytest.raises(Skip) as skip:
        static._alternatives(FAMILY.grading, DEP_SEARCH, gold(), CORE)  # type: ignore[arg-type]
    assert skip.value.reason == "alternative"
    assert "stranger" in skip.value.detail
