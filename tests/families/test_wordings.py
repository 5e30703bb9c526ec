"""The problem statements of ``func-localize``: many wordings, the same rules in all of them, and nothing evaluated."""

import re

import pytest

from hgen.describe.description import Description
from hgen.describe.facts import facts
from hgen.describe.leaks import leaks
from hgen.describe.wording import items, said
from hgen.families.func_localize import _WORDINGS, TEMPLATE
from hgen.stages.synth import _template, _wording

PROSE = ("Weave {{ 7 * 7 }} threads into {% raw %} cloth.", "Knots are left out, <b>always</b>.")


def described(*, name: str = "", given: tuple[str, ...] = ("sort",)) -> Description:
    shown = facts("@classmethod\ndef weave(cls, a, b=1):\n    return a\n", "method")
    assert shown is not None
    return Description(kind="method", name=name, sentences=PROSE, facts=shown, given=given)


def statement(wording: int, *targets: Description) -> str:
    return _template(TEMPLATE).render(targets=list(targets), wording=wording).strip()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_wording_says_what_is_asked_and_by_which_rules_it_is_judged(count: int) -> None:
    for wording in range(_WORDINGS):
        text = statement(wording, *[described()] * count)
        assert text.count("Weave {{ 7 * 7 }} threads into {% raw %} cloth. Knots are left out, <b>always</b>.") == count
        assert "`...`" in text, "a body of three dots"
        assert re.search(r"\bdocstring", text)
        assert re.search(r"first statement|top of the body|begin with a docstring", text, re.IGNORECASE)
        assert re.search(r"your own( words)?", text)
        assert re.search(r"\bthree\b", text)
        assert re.search(r"no (?:other|new|docstring)|nothing|any other difference", text, re.IGNORECASE)
        assert len(items(text, count)) == count
        assert all("Weave" in part for part in items(text, count))


def test_no_two_wordings_are_alike() -> None:
    texts = [statement(wording, described()) for wording in range(_WORDINGS)]
    assert len(set(texts)) == _WORDINGS
    assert len({text.partition("Weave")[0] for text in texts}) >= 12


def test_all_that_is_no_wording_is_what_was_said_of_the_target() -> None:
    for wording in range(_WORDINGS):
        left = set(re.findall(r"\w{4,}", said(statement(wording, described()), TEMPLATE)))
        own = set(re.findall(r"\w{4,}", " ".join(PROSE)))
        assert own <= left
        assert len(left - own) <= 8, (wording, left - own)


def test_a_name_is_told_with_the_warning_that_others_bear_it() -> None:
    for wording in range(_WORDINGS):
        text = statement(wording, described(name="weave"))
        assert "called `weave`" in text
        assert "Several definitions here bear that name" in text


@pytest.mark.parametrize(
    ("given", "said_of_it", "unsaid"),
    [
        ((), "function or method", "parameter"),
        (("sort",), "class method", "parameter"),
        (("sort", "parameters"), "takes 2 parameters, 1 of them required", "result"),
        (("sort", "result"), "It returns a result", "takes"),
        (("sort", "raises"), "raises no built-in exception itself", "takes"),
    ],
)
def test_only_the_facts_that_are_given_are_told(given: tuple[str, ...], said_of_it: str, unsaid: str) -> None:
    text = statement(0, described(given=given))
    assert said_of_it in text
    assert unsaid not in text


def test_words_of_the_template_are_no_secrets() -> None:
    assert leaks(_wording(TEMPLATE), ["docstring", "repository", "jacquard"]) == ["docstring", "repository"]
    assert "targets" not in _wording(TEMPLATE).split(), "names of the template's own are none of its words"
