"""The dataset card: front matter for the hub, and a page for people."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml
from datasets import Features
from datasets.info import DatasetInfo, DatasetInfosDict
from datasets.splits import SplitDict, SplitInfo
from huggingface_hub import DatasetCardData
from jinja2 import Environment, StrictUndefined

from hgen import __version__, resources
from hgen.config import Config
from hgen.pages.background import Background
from hgen.pages.bars import bars, steps
from hgen.pages.census import Census
from hgen.pages.text import visible

TEMPLATE = "templates/card.md.j2"

_BACKTICKS = re.compile(r"`+")
_OPERATOR = re.compile(r"(?<![\s()])[\s()]++(?:AND|OR)[\s()]+")
_LATER = re.compile(r"-(only|or-later)$")
_HUB_LICENSES = frozenset(
    (
        "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd", "bsd-2-clause", "bsd-3-clause",
        "bsd-3-clause-clear", "bsl-1.0", "cc0-1.0", "ecl-2.0", "epl-1.0", "epl-2.0", "eupl-1.1", "eupl-1.2",
        "gpl-2.0", "gpl-3.0", "isc", "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0", "ms-pl", "ncsa", "osl-3.0",
        "postgresql", "unlicense", "wtfpl", "zlib",
    )
)  # fmt: skip
"""The identifiers that the hub accepts in a card, as far as they are SPDX identifiers in lower case."""

_SIZES = (("n<1K", 1_000), ("1K<n<10K", 10_000), ("10K<n<100K", 100_000), ("100K<n<1M", 1_000_000))


@dataclass(frozen=True)
class Table:
    """One split of a config as written; ``memory_bytes`` counts its rows as Arrow tables, ``file_bytes`` its files."""

    family: str
    config: str
    split: str
    tasks: int
    memory_bytes: int
    file_bytes: int


def render(
    census: Census,
    tables: list[Table],
    features: Features,
    *,
    config: Config,
    background: Background,
) -> str:
    """The README.md of a dataset with these tables, which are ordered by family."""
    # The page is Markdown: HTML's escapes would show in the code blocks.
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {
        "fenced": fenced, "cell": _cell, "percent": "{:.1%}".format, "json": _json, "number": "{:,}".format,
        "bars": bars, "steps": steps,
    }  # fmt: skip
    configs = _by_config(tables)
    page = environment.from_string(resources.text(TEMPLATE)).render(
        version=__version__,
        configs=configs,
        default=_default(configs),
        families=census,
        origins=census.origins(),
        licenses=census.licenses(),
        tasks=sum(table.tasks for table in tables),
        asked_splits=config.export.splits,
        splits=census.splits(),
        decontaminate=config.mine.decontaminate,
        background=background,
    )
    return f"---\n{_front_matter(census, configs, features)}---\n\n{page}"


def fenced(text: str, language: str) -> str:
    """A Markdown code block whose fence is longer than any run of backticks in the text."""
    text = visible(text)
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}{language}\n{text}{end}{fence}"


def hub_licenses(expressions: list[str]) -> list[str]:
    """The hub's names for SPDX expressions, ordered, each once; ``other`` for what it has no name for."""
    symbols = {symbol for expression in expressions for symbol in _OPERATOR.split(expression)}
    names = {_LATER.sub("", symbol.strip("() ").lower()) for symbol in symbols}
    return sorted({name if name in _HUB_LICENSES else "other" for name in names})


def _by_config(tables: list[Table]) -> dict[str, list[Table]]:
    configs: dict[str, list[Table]] = {}
    for table in tables:
        configs.setdefault(table.config, []).append(table)
    return configs


def _default(configs: Mapping[str, list[Table]]) -> str:
    """The config that is loaded where none is named: the largest."""
    return max(configs, key=lambda name: sum(table.tasks for table in configs[name]))


def _front_matter(census: Census, configs: Mapping[str, list[Table]], features: Features) -> str:
    licenses = hub_licenses(list(census.licenses())) or ["other"]
    described = DatasetCardData()
    infos = {name: _described(name, tables, features) for name, tables in configs.items()}
    DatasetInfosDict(infos).to_dataset_card_data(described)
    matter = {
        "license": licenses[0] if len(licenses) == 1 else licenses,
        "language": ["en", "code"],
        "pretty_name": "hgen tasks",
        "size_categories": [_size(sum(family.tasks for family in census.values()))],
        "task_categories": ["text-generation"],
        "tags": ["code", "coding-agents", "software-engineering", "reinforcement-learning", "synthetic", "hgen"],
        "configs": [
            {
                "config_name": name,
                # Named, so that the archives of the snapshots are not taken for data.
                "data_files": [{"split": table.split, "path": f"{name}/{table.split}-*.parquet"} for table in tables],
                **({"default": True} if name == _default(configs) else {}),
            }
            for name, tables in configs.items()
        ],
        "dataset_info": described["dataset_info"],
    }
    if licenses == ["other"]:
        matter |= {"license_name": "per-repository", "license_link": "README.md"}
    return yaml.safe_dump(matter, sort_keys=False, allow_unicode=True)


def _described(name: str, tables: list[Table], features: Features) -> DatasetInfo:
    splits = SplitDict()
    for table in tables:
        splits.add(SplitInfo(table.split, num_bytes=table.memory_bytes, num_examples=table.tasks))
    return DatasetInfo(
        features=features,
        splits=splits,
        download_size=sum(table.file_bytes for table in tables),
        dataset_size=sum(table.memory_bytes for table in tables),
        config_name=name,
    )


def _size(tasks: int) -> str:
    return next((name for name, bound in _SIZES if tasks < bound), "1M<n<10M")


def _cell(text: str) -> str:
    return visible(text).replace("|", "\\|").replace("\n", " ")


def _json(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True)
