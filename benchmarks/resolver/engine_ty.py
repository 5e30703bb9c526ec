"""Astral's ``ty`` as a language server: one go-to-definition per call, in one server per repository."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from benchmarks.resolver.ask import Index, Question, read_questions
from benchmarks.resolver.lsp import LanguageServer
from benchmarks.resolver.sites import Identity


def main() -> None:
    """Arguments: the tree, the questions' file, the answers' file."""
    root, questions, answers = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    index = Index(root)
    server = LanguageServer([str(Path(sys.executable).with_name("ty")), "server"], root)
    assert server.encoding == "utf-8"
    by_file: dict[str, list[Question]] = {}
    for question in read_questions(questions):
        by_file.setdefault(question.file, []).append(question)
    rows = []
    for file, asked in by_file.items():
        uri = (root / file).as_uri()
        text = (root / file).read_text(encoding="utf-8")
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        server.notify("textDocument/didOpen", {"textDocument": document})
        for question in asked:
            position = {"line": question.line - 1, "character": question.column}
            number = server.send("textDocument/definition", {"textDocument": {"uri": uri}, "position": position})
            places = server.receive(number)
            rows.append([file, *question.end, _identities(places or [], root, index, question)])
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    seconds, peak = server.stop()
    result = {"answers": rows, "cpu_seconds": seconds, "peak_bytes": peak}
    answers.write_text(json.dumps(result), encoding="utf-8")


def _identities(places: list[Any], root: Path, index: Index, question: Question) -> list[Identity]:
    """Definitions at the places; ``C.__init__`` means ``C`` when the call does not say ``__init__``."""
    found: list[Identity] = []
    for place in places:
        uri = place.get("targetUri") or place["uri"]
        span = place.get("targetSelectionRange") or place["range"]
        path = Path(unquote(urlparse(uri).path))
        if not path.is_relative_to(root):
            continue
        start = span["start"]
        definition = index.named_at(path.relative_to(root).as_posix(), start["line"] + 1, start["character"])
        if definition is None:
            continue
        identity = definition.identity
        if definition.name in ("__init__", "__new__") and question.written != definition.name:
            identity = definition.owner or identity
        if identity not in found:
            found.append(identity)
    return found


if __name__ == "__main__":
    main()
