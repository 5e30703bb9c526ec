"""Right answers that are not the reference answer: an honest agent's edits, written or laid out in another way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.probes.ground import Ground, Site
from hgen.probes.probe import Probe
from hgen.scoring.diffs import Edit, render
from hgen.scoring.start_state import patched
from hgen.scoring.tasks import StaticTask, subject_of

_WHOLE_FILE = 1_000_000
"""Lines of context that no file has."""


def other_diffs(patch: str, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """The reference answer as other tools write it: with other contexts around the hunks, with other line ends.

    Without any context git would put insertions elsewhere, so that this is no right answer.
    """
    gold = patched(files, patch, "the gold patch")
    before = {file: files[file] for file in gold.changed}
    after = {file: gold[file] for file in gold.changed}
    yield Probe("little-context", render(before, after, context=1))
    yield Probe("whole-file-context", render(before, after, context=_WHOLE_FILE))
    yield Probe("carriage-returns", render(before, {file: _with_returns(after[file]) for file in after}))


def markers(task: StaticTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """For ``dep-search``: the comment as somebody may write it who has read the problem statement."""
    ground = Ground(task.targets, files)
    name = subject_of(task).qualname
    for form, text in (
        ("no-space", f"#this function/class is called by the {name} function"),
        ("sentence", f"#  This function/class is called by the {name} function."),
        ("kind", f"# this function is called by the {name} method"),
        ("quoted", f"# this function/class is called by the `{name}` function"),
    ):
        yield Probe(form, ground.patch((site, site.above(text)) for site in ground.targets))
    text = f"# this function/class is called by the {name} function"
    yield Probe("not-indented", ground.patch((site, _at_the_margin(site, text)) for site in ground.targets))


def _at_the_margin(site: Site, text: str) -> Edit:
    return Edit(site.first, site.first - 1, (text.encode() + site.end,))


def _with_returns(content: bytes) -> bytes:
    """All lines ended as Windows ends them."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
