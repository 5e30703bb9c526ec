"""What the driver says when pytest itself gives up, on the Python that runs these tests."""

from tests.testbed import local


def test_a_run_in_which_pytest_raises_says_what_was_raised(tmp_path):
    conftest = "def pytest_addoption(parser):\n    raise RuntimeError('no options today')\n"
    run = local.run(tmp_path, "", "def test_it(): pass\n", conftest=conftest)
    assert not run.whole
    assert run.exit_code == 70
    assert "RuntimeError: no options today" in run.log
