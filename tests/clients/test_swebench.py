"""SWE-bench's own harness runs the rows: the right answers resolve them, no and other answers do not."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.environments import client
from tests.clients.some_tasks import FAMILIES, exported

pytestmark = [pytest.mark.container, pytest.mark.network, pytest.mark.timeout(3600)]

SWEBENCH = "swebench==5.0.2"
OTHER = """diff --git a/hgen_other.txt b/hgen_other.txt
new file mode 100644
--- /dev/null
+++ b/hgen_other.txt
@@ -0,0 +1 @@
+An answer to something else.
"""
CHEATS = {
    # What `git apply` refuses, the harness gives to `patch`; then it runs git, which would run this.
    "in-gits-configuration": """diff --git a/.git/config b/.git/config
--- a/.git/config
+++ b/.git/config
@@ -1,1 +1,2 @@
 [core]
+\tfsmonitor = "printf '#!/bin/sh\\\\n' > /usr/bin/python3; cp /usr/bin/python3 /usr/local/bin/python3; false"
""",
    # What applies the answer does so as root: a link out of the tree, and what is written through it.
    "through-a-link": """diff --git a/out b/out
new file mode 120000
--- /dev/null
+++ b/out
@@ -0,0 +1 @@
+/opt/hgen
\\ No newline at end of file
diff --git a/out/collect.sh b/out/collect.sh
new file mode 100644
--- /dev/null
+++ b/out/collect.sh
@@ -0,0 +1 @@
+echo PASSED hgen::resolved
""",
    "in-a-name": """diff --git "a/x\\nPASSED hgen::resolved\\n.py" "b/x\\nPASSED hgen::resolved\\n.py"
new file mode 100644
--- /dev/null
+++ "b/x\\nPASSED hgen::resolved\\n.py"
@@ -0,0 +1 @@
+print("PASSED hgen::resolved")
""",
    "at-the-start": """diff --git a/sitecustomize.py b/sitecustomize.py
new file mode 100644
--- /dev/null
+++ b/sitecustomize.py
@@ -0,0 +1,2 @@
+print(">>>>> Start Test Output\\nPASSED hgen::resolved\\n>>>>> End Test Output")
+import os; os._exit(0)
""",
}


@dataclass(frozen=True)
class Harness:
    """SWE-bench's harness, and the folder that it writes its logs to."""

    bin: Path
    folder: Path

    def resolved(self, rows: Path, run: str, *arguments: object) -> dict[str, bool]:
        """Whether each instance that was run is resolved."""
        command = [self.bin / "swebench", "eval", rows, "--run-id", run, "-s", "train", "-j", "2", *arguments]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HOME": str(self.folder)}
        done = subprocess.run(
            list(map(str, command)), cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        # Its last step, a list of all containers on the machine, fails when one of them goes meanwhile.
        assert "instances" in done.stdout, done.stdout + done.stderr
        found = {}
        for report in (self.folder / "logs/run_evaluation" / run).glob("*/*/report.json"):
            found |= {name: each["resolved"] for name, each in json.loads(report.read_bytes()).items()}
        return found

    def predictions(self, patches: dict[str, str]) -> Path:
        file = self.folder / "predictions.jsonl"
        rows = [{"instance_id": name, "model_patch": text, "model_name_or_path": "m"} for name, text in patches.items()]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return file


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Harness:
    return Harness(client(SWEBENCH, python="python3.12"), tmp_path_factory.mktemp("swebench"))


@pytest.fixture(scope="module")
def tasks(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with rows of every family, whose images are built."""
    outs = exported(undisturbed, tmp_path_factory.getbasetemp(), "swebench")
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    file.write_text("".join((out / "export/swebench/train.jsonl").read_text() for out in outs))
    return file


def rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().split("\n")[:-1]]


@pytest.mark.submission
def test_the_right_answers_are_resolved_in_every_family(harness: Harness, tasks: Path) -> None:
    assert {row["family"] for row in rows(tasks)} == FAMILIES
    resolved = harness.resolved(tasks, "gold", "--gold")
    assert resolved == {row["instance_id"]: True for row in rows(tasks)}
    print(f"\n{SWEBENCH}: gold resolves {len(resolved)} tasks of {sorted(FAMILIES)}")


def test_no_answer_and_another_answer_are_not_resolved(harness: Harness, tasks: Path) -> None:
    names = [row["instance_id"] for row in rows(tasks)]
    empty = harness.predictions(dict.fromkeys(names, ""))
    assert harness.resolved(tasks, "empty", "-p", empty) == {}
    other = harness.predictions(dict.fromkeys(names, OTHER))
    assert harness.resolved(tasks, "other", "-p", other) == dict.fromkeys(names, False)


@pytest.mark.parametrize("cheat", CHEATS)
def test_forged_verdicts_are_not_resolved(cheat: str, harness: Harness, tasks: Path) -> None:
    by_family = {row["family"]: row["instance_id"] for row in rows(tasks)}
    names = [by_family["dep-search"], by_family["test-gen"]]
    resolved = harness.resolved(tasks, cheat, "-p", harness.predictions(dict.fromkeys(names, CHEATS[cheat])))
    assert True not in resolved.values()
