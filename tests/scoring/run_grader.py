"""Run by the interpreters under test: grade many answers with one grader file. Python 3.9 and standard library only."""

import importlib.util
import json
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
    from hgen.scoring.standalone.main import grade_static, tree_diff
    from hgen.scoring.standalone.start import opened
    from hgen.scoring.standalone.trees import FolderTree
    from hgen.scoring.verdicts import Refusal, refused

    with Path(cases_file).open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            answer = unpack(case["answer"].encode())
            with opened(case["start"], answer) as start:
                try:
                    patch = tree_diff(answer, start, FolderTree(case["tree"])) if "tree" in case else case["patch"]
                    score = grade_static(answer, start, patch)
                except Refusal as refusal:
                    score = refused(refusal.reason)
            print(json.dumps(score.row()))


main()
