"""Synthesize tasks: families propose them from a parsed repository; this renders their text and their patches."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

import jinja2

from hgen import __version__
from hgen.config import EndpointConfig, Section, SynthConfig, checked
from hgen.describe.by_model import TEMPLATES
from hgen.describe.corpus import Corpus
from hgen.describe.leaks import leaks, require_no_leak
from hgen.endpoint.client import Endpoint
from hgen.errors import ConfigError, Skip
from hgen.families import chosen, families
from hgen.families.base import Edits, Family, Material, Proposal, Static, in_start_state, solved_by
from hgen.families.draw import LAZY, drawn
from hgen.records import Codebase, Counted, Provenance, Reject, Repo, Target, Task
from hgen.resources import text
from hgen.scoring import diffs
from hgen.snapshots import Store

# Markdown for agents, not HTML: escaping would change the text.
_ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)


def synth(
    codebase: Codebase, *, config: SynthConfig, store: Path, describer: Callable[[], Endpoint] | None = None
) -> Iterator[Task | Reject | Counted]:
    """All tasks of the chosen families from one repository, and a reject for each thing passed over.

    If a language model describes, ``describer`` opens its endpoint, and last comes what that took.
    """
    if describer is None:
        yield from _synth(codebase, config, store, None)
        return
    with describer() as endpoint:
        yield from _synth(codebase, config, store, endpoint)
        yield Counted(counts=endpoint.counts())


def _synth(codebase: Codebase, config: SynthConfig, store: Path, endpoint: Endpoint | None) -> Iterator[Task | Reject]:
    with Store(store).open(codebase.repo.snapshot) as files:
        material = Material(
            codebase=codebase,
            corpus=Corpus(files, codebase.symbols),
            seed=config.seed,
            in_image=codebase.repo.project in _in_image(),
            endpoint=endpoint,
        )
        for family in chosen(config.families):
            options = _options(config, family)
            found = _tasks(material, family, options)
            quotas = family.quotas
            yield from found if quotas is None else drawn(found, quotas(options), config.max_lazy, family.never_lazy)


def fingerprint(config: SynthConfig, model: EndpointConfig) -> str:
    """What tasks depend on besides their repository; checks the families' options on the way."""
    known = set(families())
    if unknown := sorted(set(config.options) - known):
        raise ConfigError(f"unknown families {', '.join(unknown)} in synth.options; known: {', '.join(sorted(known))}")
    options = [
        (family.name, _options(config, family).model_dump_json(), _digest(family.template))
        for family in chosen(config.families)
    ]
    seen = (config.seed, config.max_lazy, options, sorted(_in_image()))
    by = [] if config.describer == "template" else [(model.fingerprint(), *map(_digest, TEMPLATES))]
    return hashlib.sha256(repr((*seen, *by)).encode()).hexdigest()


def _options(config: SynthConfig, family: Family) -> Section:
    return checked(family.options, config.options.get(family.name, {}), ("synth", "options", family.name))


def _tasks(material: Material, family: Family, options: Section) -> Iterator[Task | Reject]:
    for proposal in family.propose(material, options):
        if isinstance(proposal, Reject):
            yield proposal.model_copy(update={"source": f"{material.codebase.repo.repo} {proposal.source}"})
        else:
            yield _task(material, family, proposal)


def _task(material: Material, family: Family, proposal: Proposal) -> Task | Reject:
    codebase = material.codebase
    repo = codebase.repo
    # What the wording says anyway, whatever the task, tells nothing of it.
    secrets = tuple(secret for secret in proposal.secrets if not _is_worded(family.template, secret))
    targets = tuple(in_start_state(codebase.symbols[position], proposal.setup) for position in proposal.targets)
    instance_id = _instance_id(repo, family, proposal, targets)
    statement = _template(family.template).render(proposal.context).strip() + "\n"
    try:
        require_no_leak("the problem statement", statement, secrets)
    except Skip as skip:
        return Reject(source=instance_id, reason=skip.reason, detail=skip.detail)
    concerned = {
        *proposal.setup,
        *proposal.candidate,
        *proposal.gold,
        *(file for edits in proposal.mutants for file in edits),
    }
    before = {file: material.corpus.files[file] for file in concerned}
    start = _edited(before, proposal.setup)
    met = _edited(start, proposal.candidate)
    task = Task(
        instance_id=instance_id,
        family=family.name,
        variant=proposal.variant,
        graded_by=family.grading.graded_by,
        repo=repo.repo,
        base_commit=repo.base_commit,
        snapshot=repo.snapshot,
        license=repo.license,
        problem_statement=statement,
        setup_patch=_patch(before, proposal.setup),
        patch=_patch(met, proposal.gold),
        subject=None
        if proposal.subject is None
        else in_start_state(codebase.symbols[proposal.subject], proposal.setup),
        targets=targets,
        difficulty=proposal.difficulty,
        secrets=secrets,
        provenance=Provenance(
            hgen=__version__,
            template=_digest(family.template),
            seed=material.seed,
            model=material.endpoint.config.model if material.endpoint and proposal.prompts else "",
            prompts=proposal.prompts,
        ),
        environment=codebase.testbed.environment if family.needs_tests and codebase.testbed else None,
        candidate_patch=_patch(start, proposal.candidate),
        FAIL_TO_PASS=proposal.fail_to_pass,
        PASS_TO_PASS=proposal.pass_to_pass,
        mutants=tuple(_patch(start, edits) for edits in proposal.mutants),
        resolved_share=proposal.resolved_share,
    )
    return task.model_copy(update={"difficulty": {**task.difficulty, **_difficulty(material, family, task)}})


def _difficulty(material: Material, family: Family, task: Task) -> dict[str, int]:
    """What makes a task of any family hard: its repository, and how many lazy baselines solve it."""
    repo = material.codebase.repo
    facts = {"repository_files": repo.python_files, "repository_lines": repo.python_lines}
    if isinstance(family.grading, Static):
        facts[LAZY] = sum(solved_by(task, material.corpus, family.grading).values())
    return facts


def _edited(files: Mapping[str, bytes], edits: Edits) -> dict[str, bytes]:
    return {file: diffs.edited(file, content, edits.get(file, ())) for file, content in files.items()}


def _patch(files: Mapping[str, bytes], edits: Edits) -> str:
    return "".join(diffs.edit(file, files[file], edits[file]) for file in sorted(edits))


def _instance_id(repo: Repo, family: Family, proposal: Proposal, targets: tuple[Target, ...]) -> str:
    """Readable, fit for a file name, and derived from what the task is."""
    meaning = repr((repo.snapshot, family.name, proposal.variant, proposal.subject, targets, proposal.context))
    if proposal.candidate or proposal.mutants:
        meaning += repr((proposal.candidate, proposal.mutants))
    slug = repo.repo.replace("/", "__").replace(":", "__")
    return f"{slug}-{repo.base_commit[:12]}.{family.name}.{hashlib.sha256(meaning.encode()).hexdigest()[:12]}"


@lru_cache(maxsize=4096)
def _is_worded(template: Path, secret: str) -> bool:
    """Whether a secret can be read in the words of the template itself."""
    return bool(leaks(_wording(template), [secret]))


@cache
def _wording(template: Path) -> str:
    tokens = _ENVIRONMENT.lex(template.read_text(encoding="utf-8"))
    return "\n".join(value for _, kind, value in tokens if kind in ("data", "string"))


@cache
def _template(path: Path) -> jinja2.Template:
    return _ENVIRONMENT.from_string(path.read_text(encoding="utf-8"))


@cache
def _digest(template: Path) -> str:
    return hashlib.sha256(template.read_bytes()).hexdigest()[:16]


@cache
def _in_image() -> frozenset[str]:
    lines = (line.partition("#")[0].strip() for line in text("configs/image.txt").split("\n"))
    return frozenset(line for line in lines if line)
