"""NeMo Gym's models accept the rows of the format ``nemo-gym``, and its server runs a rollout."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import client

ROWS = """
import json, sys
from nemo_gym.base_resources_server import BaseRunRequest
from nemo_gym.config_types import AgentServerRef

for line in open(sys.argv[1]):
    row = json.loads(line)
    request = BaseRunRequest.model_validate(row)
    assert request.responses_create_params.tools[0]["name"] == "bash"
    AgentServerRef.model_validate(row["agent_ref"])
"""

ROLLOUT = """
import json, sys
from pathlib import Path
from unittest.mock import MagicMock
from fastapi.testclient import TestClient
from nemo_gym.server_utils import ServerClient
sys.path.insert(0, sys.argv[1])
import app

row = json.loads(next(open(f"{sys.argv[1]}/data/train.jsonl")))
config = app.HgenConfig(host="", port=0, entrypoint="", name="hgen")
server = app.HgenResourcesServer(config=config, server_client=MagicMock(spec=ServerClient))
response = {
    "id": "1", "created_at": 0, "model": "m", "object": "response", "output": [], "parallel_tool_calls": True,
    "tool_choice": "auto", "tools": [],
}
gold = app.BUNDLE.gold(row["name"]).decode()
results = []
for command in ("true", f"cat > /tmp/gold.diff <<'THE END'\\n{gold}THE END\\ngit apply /tmp/gold.diff; pwd; exit 7"):
    with TestClient(server.setup_webserver()) as session:
        assert session.post("/seed_session", json=row).status_code == 200
        output = session.post("/bash", json={"command": command}).json()["output"]
        result = session.post("/verify", json={**row, "response": response})
        assert result.status_code == 200, result.text
        results.append(result.json() | {"output": output})
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def tools() -> Path:
    return client("nemo-gym==0.4.0", python="python3.12")


def run(tools: Path, code: str, argument: Path, **environment: str) -> str:
    done = subprocess.run(
        [tools / "python", "-c", code, argument], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_row_model_accepts_the_rows(tools: Path, exports: Path) -> None:
    run(tools, ROWS, exports / "nemo-gym/data/train.jsonl")


@pytest.mark.container
def test_the_server_grades_what_the_tool_did(tools: Path, exports: Path, base_image: str) -> None:
    lines = run(tools, ROLLOUT, exports / "nemo-gym", HGEN_IMAGE=base_image).splitlines()
    nothing, gold = json.loads(lines[-1])
    assert (nothing["reward"], nothing["reasons"]) == (0, [{"code": "empty-patch", "detail": ""}])
    assert (gold["reward"], gold["resolved"], gold["file_f1"], gold["reasons"]) == (1, True, 1, [])
    assert gold["output"] == "/work\n\nexit status 7"
    assert gold["instance_id"]
    assert gold["model_patch"].startswith("diff --git ")
