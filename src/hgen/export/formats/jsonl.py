"""The format ``jsonl``: one file of JSON lines per task family."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from datasets import Features, Json
from datasets.info import DatasetInfo, DatasetInfosDict
from huggingface_hub import DatasetCardData

from hgen.config import Config
from hgen.export.bundle import copy_templates
from hgen.export.carried import carry_snapshot
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.formats.hf import FEATURES
from hgen.export.lines import JsonLines
from hgen.export.splits import SPLITS
from hgen.export.summary import ExportSummary
from hgen.export.task_row import ENCODED, config_name, row
from hgen.export.view import TaskView

NAME = "jsonl"


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``{family}.jsonl`` for each family met, or ``{family}.{split}.jsonl`` if there are splits.

    Their size is not limited. The archives of the snapshots are beside them, and a page from which
    ``datasets.load_dataset`` knows that these are no data, and what the columns are.
    """
    splits = len(config.export.splits) > 1
    counts: Counter[str] = Counter()
    met: dict[str, dict[str, str]] = {}
    with whole_folder(folder, NAME) as new, JsonLines(new) as lines:
        for view in tasks:
            family = view.task.family
            file = config_name(family) + (f".{view.split}" if splits else "")
            lines.write(file, row(view.validated))
            carry_snapshot(view, new)
            met.setdefault(family, {})[view.split] = f"{file}.jsonl"
            counts[family] += 1
        matter = _front_matter(met, counts)
        copy_templates(new, {"jsonl/README.md.j2": "README.md"}, front_matter=matter, splits=splits)
    return ExportSummary.of(NAME, folder, counts)


def _front_matter(met: Mapping[str, Mapping[str, str]], counts: Mapping[str, int]) -> str:
    """The files of each family and split for the hub and ``datasets``, which take the largest where none is named."""
    # Declared, because no two files need have the same types otherwise: a column may be empty in one of them.
    features = Features({**FEATURES, **dict.fromkeys(ENCODED, Json())})
    families = sorted(met)
    described = DatasetCardData()
    infos = {config_name(each): DatasetInfo(features=features, config_name=config_name(each)) for each in families}
    DatasetInfosDict(infos).to_dataset_card_data(described)
    largest = max(families, key=counts.__getitem__, default="")
    configs = [
        {
            "config_name": config_name(family),
            "data_files": [{"split": split, "path": met[family][split]} for split in SPLITS if split in met[family]],
            **({"default": True} if family == largest else {}),
        }
        for family in families
    ]
    return yaml.safe_dump(
        {"configs": configs, "dataset_info": described.get("dataset_info", [])}, sort_keys=False, allow_unicode=True
    )


FORMAT = Format(NAME, "one file of JSON lines per family", write)
