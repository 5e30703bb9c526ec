"""A resources server of NeMo Gym: a container for each rollout, a tool to work in it, and the verdict on the result."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from nemo_gym.base_resources_server import (
    BaseResourcesServerConfig,
    BaseSeedSessionRequest,
    BaseSeedSessionResponse,
    BaseVerifyRequest,
    BaseVerifyResponse,
    SimpleResourcesServer,
)
from nemo_gym.server_utils import SESSION_ID_KEY
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

sys.path.insert(0, str(Path(__file__).parent))

from bundle import Bundle
from container import Container

BUNDLE = Bundle(Path(__file__).parent)


class HgenConfig(BaseResourcesServerConfig):
    """Nothing of its own."""


class Task(BaseModel):
    """What a row says of its task besides the request; what else it says stays with the result."""

    model_config = ConfigDict(extra="allow")

    name: str
    instance_id: str


class SeedSessionRequest(Task, BaseSeedSessionRequest):
    """The row."""


class BashRequest(BaseModel):
    """The tool's arguments."""

    command: str


class BashResponse(BaseModel):
    """What the command wrote."""

    output: str


class VerifyRequest(Task, BaseVerifyRequest):
    """The row and the rollout."""


class VerifyResponse(VerifyRequest, BaseVerifyResponse):
    """The row, the rollout and the verdict: its numbers become metrics."""

    model_patch: str
    reasons: list[dict[str, str]]


class HgenResourcesServer(SimpleResourcesServer):
    """Keeps a container for each session."""

    config: HgenConfig
    containers: dict[str, Any] = Field(default_factory=dict)

    def setup_webserver(self) -> FastAPI:
        """Add the tool."""
        app = super().setup_webserver()
        app.post("/bash")(self.bash)
        return app

    async def seed_session(self, request: Request, body: SeedSessionRequest) -> BaseSeedSessionResponse:
        """Lay out the start state of the row's task."""
        container = await run_in_threadpool(Container, BUNDLE, body.name)
        self.containers[request.session[SESSION_ID_KEY]] = container
        return BaseSeedSessionResponse()

    async def bash(self, request: Request, body: BashRequest) -> BashResponse:
        """Run a command in the session's container."""
        container = self.containers[request.session[SESSION_ID_KEY]]
        return BashResponse(output=await run_in_threadpool(container.run, body.command))

    async def verify(self, request: Request, body: VerifyRequest) -> VerifyResponse:
        """Grade what came out, out of the agent's reach."""
        container = self.containers.pop(request.session[SESSION_ID_KEY])
        diff, verdict = await run_in_threadpool(container.graded)
        del verdict["instance_id"]
        return VerifyResponse(**body.model_dump(), **verdict, model_patch=diff.decode("utf-8", "replace"))


if __name__ == "__main__":
    HgenResourcesServer.run_webserver()
