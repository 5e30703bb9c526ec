"""Accents by the hundred thousand cost no more than as many letters, wherever an answer or a repository has them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hgen.scoring import diffs, score
from hgen.scoring.python.combining import MAX_RUN, has_overlong_name, is_overlong, normalized
from tests.effort import examples
from tests.limits import processor_limit

ABOVE, BELOW = "\u0301", "\u0316"
HALF_WIDTH = "\uff9e"
"""A letter by its class, which combines with what stands before it when it is decomposed."""
LONG = (ABOVE + BELOW) * 450_000
START = (
    b"def load(path):\n    # Reads.\n    with open(path) as file:\n        return file.read()\n\n\n"
    b"def run():\n    load('x')\n"
)
TARGET = {"file": "m.py", "qualname": "load", "kind": "function", "def_line": 1}
SUBJECT = {"file": "m.py", "qualname": "run", "kind": "function", "def_line": 7}


@given(st.text(alphabet=st.sampled_from(["a", "e", ABOVE, BELOW, HALF_WIDTH, "\u1100", "\u1161", "Å", "\ufb01", "1"])))
@examples(300)
def test_what_real_text_holds_is_normalized_as_ever(text: str):
    assert normalized(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("run", [LONG, (ABOVE + HALF_WIDTH) * 500_000, ABOVE * 500_000 + BELOW * 500_000])
def test_a_million_accents_are_normalized_in_linear_time(run: str):
    with processor_limit(20, "normalizing"):
        assert len(normalized(f"a{run}b")) < 2 * MAX_RUN


@pytest.mark.parametrize(
    ("code", "overlong"),
    [
        ("a = '{}'", False),
        ("a = 1  # {}", False),
        ('"""{}"""', False),
        ("a = rb'' '{}'", False),
        ("a{} = 1", True),
        ("# a\ra{}", True),
        ("'a\n{}", True),
        ("a = f'{{a{}}}'", True),
        ("a = f'{{d['k']}}' + a{} + ''", True),
    ],
)
def test_only_names_are_normalized_by_python_itself(code: str, overlong: bool):
    assert has_overlong_name(code.format(ABOVE * (MAX_RUN + 1))) == overlong
    assert not has_overlong_name(code.format(ABOVE * MAX_RUN))


def test_letters_of_other_scripts_are_no_accents():
    assert not is_overlong("漢字" * 100 + "é" * 100 + "สวัสดี" * 100)


ANSWERS = {
    "func-localize": (START.replace(b":\n", b':\n    """Read all of a file: a%s"""\n' % LONG.encode(), 1), True),
    "issue-localize": (START.replace(b"# Reads.", b"# Reads all of it. a" + LONG.encode()), True),
    "dep-search": (START.replace(b"def load", b"# called by run, a%s\ndef load" % LONG.encode()), False),
}


@pytest.mark.parametrize("family", sorted(ANSWERS))
def test_accents_in_what_an_answer_says_get_a_verdict_soon(family: str):
    answer, resolved = ANSWERS[family]
    with processor_limit(20, "a verdict"):
        patch = diffs.render({"m.py": START}, {"m.py": answer})
        verdict = score({"family": family, "targets": [TARGET], "subject": SUBJECT}, patch, {"m.py": START})
    assert verdict.resolved == resolved


@pytest.mark.parametrize("family", sorted(ANSWERS))
@pytest.mark.parametrize("name", [f"a{LONG[:900_000]}", f"f'{{a{LONG[:900_000]}}}'"])
def test_accents_in_a_name_are_refused_before_python_reads_them(family: str, name: str):
    patch = diffs.render({"m.py": START}, {"m.py": START + f"{name}\n".encode()})
    with processor_limit(20, "a verdict"):
        verdict = score({"family": family, "targets": [TARGET], "subject": SUBJECT}, patch, {"m.py": START})
    assert [reason.code for reason in verdict.reasons] == ["does-not-parse"]
