"""Every case of the catalogue gets the verdict it deserves."""

import pytest

from hgen.scoring import diffs, score
from tests.scoring import git
from tests.scoring.catalogue import CASES
from tests.scoring.catalogue.case import Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.task['family']}-{case.name}")
def test_verdict(case: Case):
    verdict = score(case.task, case.patch, case.files)
    assert verdict.reward == case.reward, f"{case.why}: {verdict}"
    assert verdict.resolved == (case.reward == 1 if case.resolved is None else case.resolved), case.why
    if case.code:
        assert case.code in {reason.code for reason in verdict.reasons}, f"{case.why}: {verdict}"


NO_FILES = ("huge", "surrogates", "link", "submodule")
TEXTS = [case for case in CASES if isinstance(case.patch, str) and case.name not in NO_FILES]
OWN_WAY = {
    "hunk has more lines than its header promises": "git drops these lines",
    "binary patches are not supported": "git applies them",
}
"""Where we refuse what git takes."""


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: f"{case.task['family']}-{case.name}")
def test_git_applies_a_patch_or_refuses_it_as_we_do(case: Case):
    patch = str(case.patch)
    patch += "\n" * (not patch.endswith("\n"))
    theirs = git.apply(patch.encode("utf-8", "surrogateescape"), case.files)
    try:
        changed = {**case.files, **diffs.apply(patch, case.files)}
    except diffs.DiffError as error:
        assert theirs is None or any(reason in str(error) for reason in OWN_WAY), error
    else:
        assert {path: content for path, content in changed.items() if content is not None} == theirs


def test_the_catalogue_is_large_and_every_case_says_why():
    assert len(CASES) >= 500
    assert all(case.why for case in CASES)
    names = [(case.task["family"], case.name) for case in CASES]
    assert len(set(names)) == len(names)
