"""Measure what a bored engineer's scripts solve: ``python benchmarks/lazy.py OUT [--stage validate]``.

Nothing of hgen's own lazy baselines is used here, nor their view of a task: the scripts see what an agent sees, the
problem statement as text and the start state as files, which they read with ``ast``. What the statements of many tasks
have in common is taken for wording. For each family and level the table says which share of the tasks each script
solves, all targets right, and `any` how many at least one of them does. `file` is the share of tasks where the
statement's rarest word leads to a file of the targets first.
"""

import argparse
import ast
import builtins
import json
import math
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from hgen.scoring import diffs
from hgen.snapshots import Store

SHARED = 0.015
"""Three words in a row that stand in so many of the statements are wording."""
NUMBERS = {"no": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
ENDINGS = (
    "ization",
    "ations",
    "ation",
    "izes",
    "ized",
    "ize",
    "ings",
    "ing",
    "ers",
    "er",
    "ors",
    "or",
    "ies",
    "es",
    "ed",
)
ENDINGS += ("e", "s", "y")
NOT_LIBRARY = re.compile(
    r"(^|/)(tests?|testing|docs?|examples?|benchmarks?|_?vendor|vendored|third_party|demos?|samples?)/"
    r"|(^|/)(test_[^/]*|[^/]*_test|conftest|setup)\.py$"
)
CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(|\braise\s+(?:\w+\.)*([A-Za-z_]\w*)")


@dataclass
class Definition:
    """One definition of the start state, as a reader of its code sees it."""

    file: str
    qualname: str
    name: str
    is_class: bool
    docstring: int
    """Its docstring's first line, or 0."""
    words: Counter[str]
    nouns: frozenset[str] = frozenset()
    parameters: int = 0
    required: int = 0
    result: str = ""
    raises: frozenset[str] = frozenset()
    methods: int = 0
    bases: bool = False
    calls: frozenset[str] = frozenset()


@dataclass
class Tree:
    """A snapshot's library definitions, and how often each word stands in their code."""

    definitions: dict[str, list[Definition]]
    frequency: Counter[str] = field(default_factory=Counter)
    size: int = 0
    average: float = 1.0


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--stage", default="validate")
    arguments.add_argument("--failed", type=Path, help="write the ids that each script solves there, as JSON")
    options = arguments.parse_args()
    warnings.simplefilter("ignore")
    tasks = list(_tasks(options.out, options.stage))
    wording = _wording([task["problem_statement"] for task in tasks])
    solved: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    by_task: dict[str, list[str]] = {}
    for task in sorted(tasks, key=lambda task: task["snapshot"]):
        verdicts = _verdicts(options.out, task, wording)
        counts = solved[task["family"], task["variant"]]
        counts["tasks"] += 1
        counts["any"] += any(right for name, right in verdicts.items() if not name.startswith("file"))
        counts.update({name: int(right) for name, right in verdicts.items()})
        by_task[task["instance_id"]] = [name for name, right in verdicts.items() if right]
    _print_leaks(tasks, wording)
    if options.failed:
        options.failed.write_text(json.dumps(by_task, indent=1), encoding="utf-8")
    for (family, variant), counts in sorted(solved.items()):
        total = counts.pop("tasks")
        shares = "  ".join(f"{name} {100 * count / total:.0f}%" for name, count in counts.most_common())
        print(f"{family} {variant}: {total} tasks  {shares}")


def _print_leaks(tasks: list[dict], wording: set[tuple[str, ...]]) -> None:
    """Count the masked statements in which all words of a target's name, or of a class around it, stand."""
    asked = [task for task in tasks if task["variant"].startswith("masked")]
    leaking = []
    for task in asked:
        parts = _parts(task["problem_statement"], len(task["targets"]))
        for target, part in zip(task["targets"], parts, strict=True):
            said = set(_prose(part, wording))
            leaking += [
                f"{task['instance_id']} {name}"
                for name in target["qualname"].split(".")
                if (words := set(_words(name))) and words <= said
            ]
    print(f"names spelled by all their words: {len(leaking)} in {len(asked)} masked statements", *leaking, sep="\n  ")


def _tasks(out: Path, stage: str) -> Iterator[dict]:
    for shard in sorted((out / stage).glob("[0-9]*.jsonl")):
        if "rejects" not in shard.name:
            for line in shard.read_text(encoding="utf-8").split("\n"):
                if line:
                    row = json.loads(line)
                    yield row.get("task", row)


def _verdicts(out: Path, task: dict, wording: set[tuple[str, ...]]) -> dict[str, bool]:
    tree = _tree(out / "snapshots", task["snapshot"])
    if task["family"] == "dep-search":
        return _dep_search(task, tree)
    if task["family"] != "func-localize":
        return {}
    is_class = task["targets"][0]["kind"] == "class"
    pool = [found for found, documented in _start(task, tree) if found.is_class == is_class and not documented]
    wanted = {(target["file"], target["qualname"]) for target in task["targets"]}
    parts = _parts(task["problem_statement"], len(wanted))
    verdicts = {}
    for name, choose in SCRIPTS.items():
        chosen: list[Definition] = []
        for part in parts:
            best = choose(tree, pool, _prose(part, wording), part)
            if best is not None:
                chosen.append(best)
        verdicts[name] = {(found.file, found.qualname) for found in chosen} == wanted
        if name == "rare word":
            verdicts["file"] = bool(chosen) and chosen[0].file in {file for file, _ in wanted}
    return verdicts


def _parts(statement: str, count: int) -> list[str]:
    """The statement cut at its numbered items, where it asks for several definitions."""
    if count == 1:
        return [statement]
    cuts = [match.start() for match in re.finditer(r"(?m)^\W{0,6}\d[.):]", statement)][:count]
    if len(cuts) < count:
        return [statement] * count
    return [statement[first:last] for first, last in zip(cuts, [*cuts[1:], len(statement)], strict=True)]


# The scripts


def _shape_and_search(tree: Tree, pool: list[Definition], prose: list[str], part: str) -> Definition | None:
    return _best(tree, [found for found in pool if _fits(found, part)] or pool, prose, bonus=3.0)


def _search(tree: Tree, pool: list[Definition], prose: list[str], part: str) -> Definition | None:
    del part
    return _best(tree, pool, prose, bonus=0.0)


def _search_names(tree: Tree, pool: list[Definition], prose: list[str], part: str) -> Definition | None:
    del part
    return _best(tree, pool, prose, bonus=3.0)


def _names_only(tree: Tree, pool: list[Definition], prose: list[str], part: str) -> Definition | None:
    """Whose name's words the prose holds most of."""
    words = set(prose)
    fits = [found for found in pool if _fits(found, part)] or pool

    def held(found: Definition) -> tuple[float, float]:
        own = set(_words(found.name))
        known = [_weight(tree, word) for word in own & words]
        return (sum(known) * len(own & words) / max(len(own), 1), -len(own))

    return max(fits, key=held, default=None)


def _rare_word(tree: Tree, pool: list[Definition], prose: list[str], part: str) -> Definition | None:
    del part
    for word in sorted(set(prose), key=lambda word: (tree.frequency[word], word)):
        holders = [found for found in pool if found.words[word]]
        if holders:
            return max(holders, key=lambda found: found.words[word] / (20 + found.words.total()))
    return None


def _facts(tree: Tree, pool: list[Definition], prose: list[str], part: str) -> Definition | None:
    del tree, prose
    fits = [found for found in pool if _fits(found, part)]
    return fits[0] if len(fits) == 1 else None


def _grep_name(tree: Tree, pool: list[Definition], prose: list[str], part: str) -> Definition | None:
    """The definition of a name that the statement quotes, the best of several."""
    said = {name.rpartition(".")[2] for name in re.findall(r"[`'\"]([\w.]+)(?:\(\))?[`'\"]", part)}
    fits = [found for found in pool if found.name in said]
    return _best(tree, fits, prose, bonus=0.0)


SCRIPTS = {
    "shape+search": _shape_and_search,
    "search+names": _search_names,
    "search": _search,
    "names": _names_only,
    "rare word": _rare_word,
    "facts": _facts,
    "grep": _grep_name,
}


def _best(tree: Tree, pool: list[Definition], prose: list[str], *, bonus: float) -> Definition | None:
    words = sorted(set(prose))

    def score(found: Definition) -> float:
        own = set(_words(found.name))
        length = found.words.total()
        total = 0.0
        for word in words:
            if count := found.words[word]:
                total += _weight(tree, word) * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / tree.average))
            if word in own:
                total += bonus * _weight(tree, word) / len(own) ** 0.5
        return total

    return max(pool, key=score, default=None)


def _weight(tree: Tree, word: str) -> float:
    return math.log(1 + (tree.size - tree.frequency[word] + 0.5) / (tree.frequency[word] + 0.5))


# What the statement says of the shape


def _fits(found: Definition, part: str) -> bool:  # noqa: PLR0911
    text = " ".join(part.lower().split())
    if found.is_class:
        methods = _number(text, r"methods?\b")
        return (methods is None or methods == found.methods) and not (
            ("no base class" in text and found.bases) or ("has base classes" in text and not found.bases)
        )
    for noun in ("property", "class method", "static method", "asynchronous", "async", "generator"):
        if re.search(rf"\b(an?|asynchronous|the|this|that|some) {noun}", text) and noun not in found.nouns:
            return False
    if re.search(r"\b(an?|the|this|that|some) (asynchronous )?method\b", text) and "method" not in found.nouns:
        return False
    if (
        re.search(r"\b(an?|the|this|that|some) (asynchronous )?(generator )?function\b", text)
        and "method" in found.nouns
    ):
        return False
    parameters = _number(text, r"(?:optional )?(?:parameters?|arguments?)\b")
    if parameters is not None and parameters != found.parameters:
        return False
    required = _number(text, r"of (?:them|these|which)")
    if required is not None and required != found.required:
        return False
    if "yields its results" in text and found.result != "yields":
        return False
    if "returns a result" in text and found.result != "returns":
        return False
    if "returns nothing" in text and found.result:
        return False
    raised = {name for name in re.findall(r"\b[A-Z]\w+\b", part) if _is_exception(name)}
    return raised <= found.raises


def _number(text: str, what: str) -> int | None:
    found = re.search(rf"\b(\d+|{'|'.join(NUMBERS)}) {what}", text)
    return None if found is None else int(NUMBERS.get(found[1], -1) if found[1] in NUMBERS else found[1])


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, BaseException)


# Words


def _words(text: str) -> list[str]:
    pieces = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)
    return [_stem(piece.lower()) for piece in pieces if len(piece) > 1]


@lru_cache(maxsize=1 << 18)
def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _wording(statements: list[str]) -> set[tuple[str, ...]]:
    """Every three words in a row that many statements hold."""
    held: Counter[tuple[str, ...]] = Counter()
    for statement in statements:
        words = _plain(statement)
        held.update({tuple(words[at : at + 3]) for at in range(len(words) - 2)})
    return {three for three, count in held.items() if count > max(3, SHARED * len(statements))}


def _plain(text: str) -> list[str]:
    return re.findall(r"\w+|[.…]+", text)


def _prose(part: str, wording: set[tuple[str, ...]]) -> list[str]:
    """The stems of what is no wording."""
    words = _plain(part)
    said = [True] * len(words)
    for at in range(len(words) - 2):
        if tuple(words[at : at + 3]) in wording:
            said[at : at + 3] = [False] * 3
    return [stem for word, kept in zip(words, said, strict=True) if kept for stem in _words(word)]


# The start state


@lru_cache(maxsize=1)
def _tree(store: Path, digest: str) -> Tree:
    definitions: dict[str, list[Definition]] = {}
    with Store(store).open(digest) as files:
        for file in files:
            if file.endswith(".py") and not NOT_LIBRARY.search(file):
                definitions[file] = _definitions(file, files[file])
    tree = Tree(definitions)
    every = [found for each in definitions.values() for found in each]
    for found in every:
        tree.frequency.update(set(found.words))
    tree.size = len(every)
    tree.average = sum(found.words.total() for found in every) / max(len(every), 1)
    return tree


def _start(task: dict, tree: Tree) -> list[tuple[Definition, bool]]:
    """All definitions, and whether each has a docstring once the setup patch is applied, which removes nothing else."""
    removed = defaultdict(set)
    for patch in diffs.parse(task["setup_patch"]) if task["setup_patch"] else ():
        for hunk in patch.hunks:
            line = hunk.old_start
            for text in hunk.lines:
                if text[:1] == b"-":
                    removed[patch.old_path].add(line)
                line += text[:1] != b"+"
    return [
        (found, found.docstring > 0 and found.docstring not in removed[file])
        for file, each in tree.definitions.items()
        for found in each
    ]


def _definitions(file: str, source: bytes) -> list[Definition]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    lines = source.decode("utf-8", "replace").split("\n")
    return [_definition(file, path, node, in_class, lines) for path, node, in_class in _walk(tree, "", False)]


def _walk(node: ast.AST, prefix: str, in_class: bool) -> Iterator[tuple[str, ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield prefix + child.name, child, in_class
            inner = isinstance(child, ast.ClassDef)
            yield from _walk(child, f"{prefix}{child.name}{'.' if inner else '.<locals>.'}", inner)
        else:
            yield from _walk(child, prefix, in_class)


def _definition(file: str, qualname: str, node, in_class: bool, lines: list[str]) -> Definition:
    is_class = isinstance(node, ast.ClassDef)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = node.end_lineno
    skipped: set[int] = set()
    docstring = node.body[0].lineno if ast.get_docstring(node) is not None else 0
    for child in ast.walk(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if child is not node and is_class:
                skipped.update(range(child.lineno, child.end_lineno + 1))
            if ast.get_docstring(child) is not None:
                skipped.update(range(child.body[0].lineno, child.body[0].end_lineno + 1))
    text = "\n".join(line for at, line in enumerate(lines[first - 1 : last], first) if at not in skipped)
    found = Definition(file, qualname, node.name, is_class, docstring, Counter(_words(text)))
    if is_class:
        found.methods = sum(isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) for child in node.body)
        found.bases = bool(node.bases)
        return found
    _add_shape(found, node, in_class)
    found.calls = frozenset(name or raised for name, raised in CALL.findall(text.partition(f"def {node.name}")[2][1:]))
    return found


def _add_shape(found: Definition, node, in_class: bool) -> None:
    decorators = {ast.unparse(decorator).split("(")[0].rpartition(".")[2] for decorator in node.decorator_list}
    own = list(_own(node))
    yields = any(isinstance(child, ast.Yield | ast.YieldFrom) for child in own)
    nouns = {"method" if in_class else "function"}
    nouns |= {"property"} if decorators & {"property", "cached_property"} else set()
    nouns |= {"class method"} if "classmethod" in decorators else set()
    nouns |= {"static method"} if "staticmethod" in decorators else set()
    nouns |= {"asynchronous", "async"} if isinstance(node, ast.AsyncFunctionDef) else set()
    found.nouns = frozenset(nouns | ({"generator"} if yields else set()))
    arguments = [*node.args.posonlyargs, *node.args.args]
    bound = bool(arguments) and arguments[0].arg in {"self", "cls", "mcs"}
    starred = (node.args.vararg is not None) + (node.args.kwarg is not None)
    found.parameters = len(arguments) - bound + len(node.args.kwonlyargs) + starred
    found.required = (
        len(arguments) - bound - len(node.args.defaults) + sum(each is None for each in node.args.kw_defaults)
    )
    returns = any(
        isinstance(child, ast.Return)
        and child.value is not None
        and not (isinstance(child.value, ast.Constant) and child.value.value is None)
        for child in own
    )
    found.result = "yields" if yields else "returns" if returns else ""
    found.raises = frozenset(
        (ast.unparse(child.exc.func if isinstance(child.exc, ast.Call) else child.exc)).rpartition(".")[2]
        for child in own
        if isinstance(child, ast.Raise) and child.exc is not None
    )


def _own(node: ast.AST) -> Iterator[ast.AST]:
    todo = list(ast.iter_child_nodes(node))
    while todo:
        child = todo.pop()
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(child))


# dep-search


def _dep_search(task: dict, tree: Tree) -> dict[str, bool]:
    subject = task["subject"]
    wanted = {(target["file"], target["qualname"]) for target in task["targets"]}
    every = [found for each in tree.definitions.values() for found in each]
    calls = next(
        (found.calls for found in tree.definitions.get(subject["file"], ()) if found.qualname == subject["qualname"]),
        frozenset(),
    )
    bearers: dict[str, list[Definition]] = defaultdict(list)
    for found in every:
        if found.name in calls:
            bearers[found.name].append(found)
    owner = subject["qualname"].rpartition(".")[0]
    chosen = set()
    alone = set()
    for found in bearers.values():
        same_class = [
            each for each in found if each.file == subject["file"] and each.qualname.rpartition(".")[0] == owner
        ]
        same_file = [each for each in found if each.file == subject["file"]]
        best = found if len(found) == 1 else same_class or same_file
        if len(best) == 1:
            chosen.add((best[0].file, best[0].qualname))
        if len(found) == 1:
            alone.add((found[0].file, found[0].qualname))
    every_bearer = {(each.file, each.qualname) for found in bearers.values() for each in found}
    return {"unique name": alone == wanted, "name, class, file": chosen == wanted, "every name": every_bearer == wanted}


if __name__ == "__main__":
    main()
