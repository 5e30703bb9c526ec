"""What the settings of a language model lead to, asked of the stage that it describes for: for ``test_keys``."""

import os
from unittest.mock import patch

from hgen.config import Config
from hgen.errors import MachineError
from hgen.records import Codebase, Counted, Reject, Task
from hgen.stages.pipeline import Folders, stage
from tests.describe.model import diligent
from tests.endpoint.standin import KEY, Body, Fails, Says, endpoint


def described(config: Config, package: Codebase, folders: Folders) -> object:
    """What is asked, how many at a time, and what comes of it; the endpoint breaks once, and is never quick."""

    def answer(body: Body) -> Says | Fails:
        return Says(diligent(body).text, seconds=0.05) if len(stand_in.bodies) != 2 else Fails(500)

    with endpoint(answer) as stand_in:
        known = {"OPENAI_BASE_URL": stand_in.address, "OPENAI_API_KEY": KEY}
        with patch.dict(os.environ, known):
            try:
                found = list(stage("synth", config, folders).apply(package))
            except MachineError as error:
                return str(error)
    asked = {(body["model"], body["max_completion_tokens"], str(body["response_format"])) for body in stand_in.bodies}
    return (
        sorted(asked),
        min(stand_in.most_at_once, 2),
        [each.problem_statement for each in found if isinstance(each, Task)],
        sorted({each.reason for each in found if isinstance(each, Reject)}),
        [each.counts.get("cost") for each in found if isinstance(each, Counted)],
    )
