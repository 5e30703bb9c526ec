"""The version that a build is told, which stands in commands."""

import pytest

from hgen.testbed.environment.install import version_of


@pytest.mark.parametrize(
    ("base_commit", "version"),
    [
        ("1.0", "1.0"),
        ("2024.1.post2", "2024.1.post2"),
        ("1234567", "999.0"),
        ("1e5" + "0" * 37, "999.0"),
        ("1.0;id>/pwned", "999.0"),
        ("1.0 id", "999.0"),
        ("1.0\nRUN id", "999.0"),
        ("1.0\n", "1.0"),
        ("1.0+$(id)", "999.0"),
    ],
)
def test_a_build_is_told_a_version_or_a_made_up_one(base_commit, version):
    assert version_of(base_commit) == version
