"""What the driver says when pytest gives up, on the Python that runs these tests; and what it cannot have said."""

from hashlib import blake2b

import pytest

from hgen.scoring.tested.report import MAC, read_report, run_key
from tests.testbed import local

KEY = bytes(range(32))


def test_a_run_in_which_pytest_raises_says_what_was_raised(tmp_path):
    conftest = "def pytest_addoption(parser):\n    raise RuntimeError('no options today')\n"
    run = local.run(tmp_path, "", "def test_it(): pass\n", conftest=conftest)
    assert not run.whole
    assert run.exit_code == 70
    assert "RuntimeError: no options today" in run.log


def report(*contents: bytes) -> bytes:
    """The report of a run that signs these lines with its own key."""
    lines = [(b"C 0 %d" % number, content, run_key(KEY, 0)) for number, content in enumerate(contents)]
    lines.append((b"P 0", b'{"code":0,"timeout":false,"seconds":1.0,"log":""}', KEY))
    return b"".join(
        b"%s %s %s\n"
        % (start, blake2b(b"%s %s" % (start, content), key=key, digest_size=MAC).hexdigest().encode(), content)
        for start, content, key in lines
    )


TEST = b'{"k":"test","id":"t.py::test_it","o":"passed","s":0.1}'
END = b'{"k":"end","status":0}'


def test_a_run_s_own_lines_are_believed():
    (run,) = read_report(report(b'{"k":"begin"}', TEST, END), KEY, 1)
    assert run.whole
    assert run.passed == {"t.py::test_it"}


@pytest.mark.parametrize(
    "content",
    [
        b'{"k":"covers","id":"","toggled":[7]}', b'{"k":"covers","id":""}', b'{"k":"covers","id":"","toggled":["x"]}',
        b'{"k":"functions","new":[1]}', b'{"k":"end","status":"x"}', b'{"k":"end","status":' + b"9" * 5000 + b"}",
        b'{"k":"test","id":"t.py::test_it","o":"passed","s":{}}', b"{}", b"[]", b"1", b"{", b"\xff", b"[" * 100_000,
    ],
)  # fmt: skip
def test_signed_lines_that_the_driver_cannot_have_written_end_in_a_verdict(content):
    (run,) = read_report(report(TEST, content, END), KEY, 1)
    assert run.forged
    assert not run.whole
    assert not run.passed


@pytest.mark.parametrize("line", [b"C " + b"9" * 5000 + b" 0 0 {}", b"P 1 0 {}", b"C -1 0 0 {}", b"\xff\xfe", b"C"])
def test_lines_of_no_run_are_noticed(line):
    (run,) = read_report(line + b"\n" + report(TEST, END), KEY, 1)
    assert run.forged.startswith("a line that is not the driver's")
