"""Jedi as Hybrid-Gym uses it: one fresh ``Script`` and one ``goto`` per call, the first answer inside the tree.

Reimplemented from a reading of ``build_dataset.py`` in the paper's repository: every folder with Python files is on the
path, names of builtins are not asked, the first definition inside the repository counts. ``raise X`` is not asked.
"""

import builtins
import json
import sys
import time
from pathlib import Path

import jedi  # type: ignore[import-not-found, import-untyped, unused-ignore]

from benchmarks.resolver.ask import Index, Question, read_questions
from benchmarks.resolver.costs import peak_bytes
from benchmarks.resolver.sites import Identity, python_files

# The original's list also has typing's commonest names.
TYPING = ("Any", "Callable", "Dict", "List", "Optional", "Set", "Tuple", "Type", "Union")
BUILTIN = frozenset(dir(builtins)) | frozenset(TYPING)


def main() -> None:
    """Arguments: the tree, the questions' file, the answers' file, CPU seconds after which to stop (0: never)."""
    root, questions, answers, limit = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
    index = Index(root)
    started = time.process_time()
    folders = {str(root)} | {str(path) for file in python_files(root) for path in _up_to(root, file.parent)}
    project = jedi.Project(path=str(root), added_sys_path=sorted(folders), smart_sys_path=False)
    rows = []
    for question in read_questions(questions):
        if limit and time.process_time() - started > limit:
            break
        rows.append([question.file, *question.end, _answer(project, root, index, question)])
    seconds = time.process_time() - started
    answers.write_text(
        json.dumps({"answers": rows, "cpu_seconds": seconds, "peak_bytes": peak_bytes()}), encoding="utf-8"
    )


def _up_to(root: Path, folder: Path) -> list[Path]:
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(root))]


def _answer(project: jedi.Project, root: Path, index: Index, question: Question) -> list[Identity]:
    if question.kind == "raise" or question.written in BUILTIN:
        return []
    path = root / question.file
    try:
        source = path.read_text(encoding="utf-8")
        column = len(source.split("\n")[question.line - 1].encode()[: question.column].decode())
        script = jedi.Script(source, path=str(path), project=project)
        places = script.goto(question.line, column, follow_imports=True)
        for place in places:
            if place.module_path is None or not Path(place.module_path).is_relative_to(root) or place.line is None:
                continue
            file = Path(place.module_path).relative_to(root).as_posix()
            found = index.at(file, place.line) or index.near(file, place.line, place.name)
            if found is not None:
                return [found.identity]
    except Exception:  # noqa: BLE001 - as the original does: Jedi's own failures are no answer
        return []
    return []


if __name__ == "__main__":
    main()
