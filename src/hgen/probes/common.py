"""Cheats that try every static family: the right answer with something forbidden beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from hgen.probes.ground import Ground, Site, mode_change, renaming
from hgen.probes.probe import Probe
from hgen.scoring.diffs import Edit, render
from hgen.scoring.python.definitions import first_line, last_line

Answer = list[tuple[Site, Edit]]
"""Edits at sites."""


def common(ground: Ground, right: Answer) -> Iterator[Probe]:
    """Probes around a right answer; none of them is one."""
    site = ground.targets[0]
    answer = ground.patch(right)
    yield Probe("no-op", "")
    yield Probe("whitespace", ground.patch([(site, Edit(site.first, site.first - 1, (site.end,)))]))
    yield Probe("new-file", ground.patch(right, render({}, {"zz_planted.py": b'"""A planted file."""\n'})))
    yield Probe("renamed-file", answer + renaming(site.file))
    yield Probe("mode-change", answer + mode_change(site.file))
    yield Probe("deleted-file", render({site.file: ground.files[site.file]}, {}))
    if len(ground.targets) > 1:
        dropped = site.place.path, site.file
        yield Probe(
            "all-but-one",
            ground.patch([(at, edit) for at, edit in right if (at.place.path, at.file) != dropped]),
        )
    yield from _beside(ground, right, site)
    yield from _replaced(ground, right, site)


def _beside(ground: Ground, right: Answer, site: Site) -> Iterator[Probe]:
    """One line more, before or behind the definition."""
    after = site.last + 1
    unterminated = Edit(after, after - 1, (b"'''unterminated" + site.end,))
    yield Probe("code-beside", ground.patch([*right, (site, site.insert(site.first, "import os"))]))
    yield Probe("unterminated-string", ground.patch([*right, (site, unterminated)]))
    continued = (site.indent(site.first) + b"0 \\" + site.end, b"# continued" + site.end)
    yield Probe("backslash", ground.patch([(site, Edit(site.first, site.first - 1, continued)), *right]))
    cookie = Edit(1, 0, (b"# -*- coding: latin-1 -*-" + site.end,))
    yield Probe("encoding-cookie", ground.patch([*right, (site, cookie)]))


def _replaced(ground: Ground, right: Answer, site: Site) -> Iterator[Probe]:
    """The definition without its code, or at another place."""
    body = site.body
    if body is None:
        return
    kept = [pair for pair in right if not _within(pair, site, body, site.last)]
    indent = site.indent(body)
    if not _is_empty(site):
        gutted = (indent + b'"""It has been gutted entirely."""' + site.end, indent + b"pass" + site.end)
        yield Probe("gutted", ground.patch([*kept, (site, Edit(body, site.last, gutted))]))
    opening = indent + b'"""What follows is quoted out:' + site.end
    quoted = (opening, *_lines(site, body, ()), indent + b'"""' + site.end)
    yield Probe("quoted-out-body", ground.patch([*kept, (site, Edit(body, site.last, quoted))]))
    yield from _moved(ground, right, site)


def _moved(ground: Ground, right: Answer, site: Site) -> Iterator[Probe]:
    """The definition with its right answer, behind the statement that follows it."""
    following = site.following
    if following is None or first_line(site.source, following) <= site.last:
        return
    own = [edit for at, edit in right if _within((at, edit), site, site.first, site.last)]
    end = last_line(following)
    rest = [pair for pair in right if not _within(pair, site, site.first, end)]
    moved = tuple(_lines(site, site.first, own))
    edits = [(site, Edit(site.first, site.last, ())), (site, Edit(end + 1, end, moved))]
    yield Probe("moved-definition", ground.patch([*rest, *edits]))


def _is_empty(site: Site) -> bool:
    return all(isinstance(statement, (ast.Pass, ast.Expr)) for statement in site.place.node.body)


def _within(pair: tuple[Site, Edit], site: Site, first: int, last: int) -> bool:
    at, edit = pair
    return at.file == site.file and first <= edit.first_line <= last


def _lines(site: Site, first: int, inserted: Iterable[Edit]) -> Iterator[bytes]:
    """The definition's lines from one of them on, with lines inserted between them."""
    for number, line in enumerate(site.source.span(first, site.last), first):
        for edit in inserted:
            if edit.first_line == number:
                yield from edit.lines
        yield line + site.end
