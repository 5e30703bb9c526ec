"""What tests must not read, where the grader runs them as another user."""

from pathlib import Path

import pytest

from hgen.scoring.standalone.by_tests import _hide


@pytest.mark.parametrize("through_a_link", [False, True])
def test_others_cannot_read_what_is_hidden_and_its_other_names_stay_as_they_are(through_a_link: bool, tmp_path: Path):
    """The store of snapshots has the archive of an export under another name."""
    store, answer, archive = tmp_path / "store.zip", tmp_path / "answer.json", tmp_path / "archive.zip"
    for file in (store, answer):
        file.write_bytes(b"content")
        file.chmod(0o644)
    archive.hardlink_to(store)
    if through_a_link:
        (tmp_path / "link.zip").symlink_to(archive)
    _hide([str(answer), str(tmp_path / "link.zip" if through_a_link else archive)], 12345)
    assert [file.stat().st_mode & 0o777 for file in (answer, archive, store)] == [0o600, 0o600, 0o644]
    assert {file.read_bytes() for file in (answer, archive, store)} == {b"content"}
    assert len(list(tmp_path.iterdir())) == 3 + through_a_link
