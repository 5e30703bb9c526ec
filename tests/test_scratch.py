"""Folders to work in."""

import subprocess
import sys
from pathlib import Path

import pytest

from hgen.scratch import scratch


def test_a_folder_is_gone_afterwards_whatever_happened(tmp_path):
    with pytest.raises(KeyError), scratch(tmp_path / "work") as folder:
        (folder / "sub").mkdir()
        (folder / "sub/file").touch()
        raise KeyError
    assert not list((tmp_path / "work").iterdir())


def test_what_a_killed_worker_left_is_removed_but_not_what_others_work_in(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from hgen.scratch import scratch\n"
        "with scratch(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'file').touch(); print(folder, flush=True); sys.stdin.read(); os._exit(9)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        theirs = Path(worker.stdout.readline().strip())
        with scratch(tmp_path) as ours:
            assert sorted(tmp_path.iterdir()) == sorted([ours.parent, theirs.parent])
            assert (theirs / "file").exists()
        worker.stdin.close()
        worker.wait()
    assert theirs.exists()
    with scratch(tmp_path) as ours:
        assert list(tmp_path.iterdir()) == [ours.parent]
