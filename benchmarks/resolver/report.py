"""The comparison as Markdown tables."""

from collections.abc import Iterable, Sequence

from benchmarks.resolver.compare import Comparison
from benchmarks.resolver.packages import GROUPS
from benchmarks.resolver.score import Tally, strictly_exact


def report(comparisons: list[Comparison]) -> str:
    """All tables, pooled figures first."""
    parts = ["### Pooled", _pooled(comparisons)]
    parts += ["### hgen's claims", _claims(comparisons)]
    for group in GROUPS:
        parts += [f"### {group}", _packages([each for each in comparisons if each.package.group == group])]
    parts += ["### The sample", _sample(comparisons)]
    if all({"jedi", "ty"} <= each.runs.keys() for each in comparisons):
        parts.append(_agreement(comparisons))
    return "\n\n".join(parts) + "\n"


def _groups(comparisons: list[Comparison]) -> list[tuple[str, list[Comparison]]]:
    parts = [(group, [each for each in comparisons if each.package.group == group]) for group in GROUPS]
    return [*((group, members) for group, members in parts if members), ("all", comparisons)]


def _pooled(comparisons: list[Comparison]) -> str:
    rows = []
    for group, members in _groups(comparisons):
        tallies = [each.tallies() for each in members]
        for engine in sorted({name for each in tallies for name in each}):
            total = _sum(each[engine] for each in tallies)
            edges = str(total.found + total.missing)
            rows.append((group, engine, str(total.functions), edges, *_shares(total), str(total.wrong)))
    head = ("group", "engine", "functions", "edges", "precision", "recall", "exact sets", "wrong edges")
    return _table(head, rows)


def _claims(comparisons: list[Comparison]) -> str:
    rows = []
    for name, members in [(each.package.name, [each]) for each in comparisons] + _groups(comparisons):
        row = [name, str(sum(len(each.callers()) for each in members))]
        for claim in ("complete", "offered"):
            shares = [each.claimed_share(claim) for each in members]
            claimed, callers = sum(share[0] for share in shares), sum(share[1] for share in shares)
            verdicts = [(each, one) for each in members for one in each.checkable(claim)]
            exact = sum(strictly_exact(function, each.runs["hgen"].answers) for each, function in verdicts)
            row += [f"{claimed / max(1, callers):.1%}", str(len(verdicts)), f"{exact / max(1, len(verdicts)):.2%}"]
        rows.append(row)
    head = ("package", "callers", "complete", "checkable", "exact", "offered", "checkable", "exact")
    return _table(head, rows)


def _packages(comparisons: list[Comparison]) -> str:
    engines = sorted({engine for each in comparisons for engine in each.runs})
    head = ["package", "style", "functions"]
    for engine in engines:
        head += [f"{engine} P", "R", "exact"]
    rows = []
    for each in comparisons:
        tallies = each.tallies()
        row = [each.package.name, each.package.style, str(next(iter(tallies.values())).functions)]
        for engine in engines:
            row += _shares(tallies[engine])
        rows.append(row)
    return _table(head, rows)


def _sample(comparisons: list[Comparison]) -> str:
    rows = []
    for each in comparisons:
        whole = [one for one in each.traced if one.whole]
        injected = [one for one in whole if one.injected]
        polymorphic = [one for one in whole if one.polymorphic and not one.injected]
        numbers = [
            len(each.traced), len(each.traced) - len(whole), len(injected), len(polymorphic), len(each.single),
            len(each.asked), next(iter(each.tallies().values())).functions,
        ]  # fmt: skip
        rows.append([f"{each.package.name} {each.package.version}", *map(str, numbers)])
    head = ("package", "ran", "not all sites ran", "injected", "polymorphic", "left", "asked", "counted")
    return _table(head, rows)


def _agreement(comparisons: list[Comparison]) -> str:
    pairs = [each.agreement() for each in comparisons]
    same, differ = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    return f"Jedi and `ty` give the same answer at {same:,} sites; at {differ} of these the trace saw something else."


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for each in tallies:
        for verdict in each.verdicts:
            total.add(verdict)
    return total


def _shares(tally: Tally) -> tuple[str, str, str]:
    return f"{tally.precision:.4f}", f"{tally.recall:.4f}", f"{tally.exact_share:.2%}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
