"""Every case of the catalogue gets the verdict it deserves."""

import pytest

from hgen.scoring import score
from tests.scoring.catalogue import CASES
from tests.scoring.catalogue.case import Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.task['family']}-{case.name}")
def test_verdict(case: Case):
    verdict = score(case.task, case.patch, case.files)
    assert verdict.reward == case.reward, f"{case.why}: {verdict}"
    assert verdict.resolved == (case.reward == 1 if case.resolved is None else case.resolved), case.why
    if case.code:
        assert case.code in {reason.code for reason in verdict.reasons}, f"{case.why}: {verdict}"


def test_the_catalogue_is_large_and_every_case_says_why():
    assert len(CASES) >= 150
    assert all(case.why for case in CASES)
    names = [(case.task["family"], case.name) for case in CASES]
    assert len(set(names)) == len(names)
