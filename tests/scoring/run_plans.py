"""Run by the interpreters under test: plan how answers to tasks are judged by tests, with a grader file's own parts.

Python 3.9 and standard library only.
"""

import hashlib
import importlib.util
import json
import random
import sys
from pathlib import Path


def main() -> None:
    grader_file, cases_file = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("grader", grader_file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.meta_path.insert(0, module._Sources())
    from hgen.scoring.standalone.answer_file import unpack
    from hgen.scoring.standalone.main import tree_diff
    from hgen.scoring.standalone.start import opened
    from hgen.scoring.standalone.trees import FolderTree
    from hgen.scoring.tested.plan import plan
    from hgen.scoring.verdicts import Refusal

    with Path(cases_file).open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            answer = unpack(case["answer"].encode())
            with opened(case["start"], answer) as start:
                try:
                    patch = tree_diff(answer, start, FolderTree(case["tree"])) if "tree" in case else case["patch"]
                    made = plan(answer.task, patch, start.snapshot, coin=random.Random(7))
                except Refusal as refusal:
                    print(json.dumps(["refused", refusal.reason.code]))
                    continue
                tree = made.tree()
            digests = {path: hashlib.sha256(content).hexdigest() for path, content in tree.items()}
            runs = [{**vars(job), "files": repr(job.files)} for job in made.jobs]
            print(json.dumps(["planned", sorted(digests.items()), runs, made.kinds]))


main()
