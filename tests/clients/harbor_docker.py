"""Harbor's Docker environment on a machine without the image of its network filter; runs where Harbor is installed.

To take the network away, Harbor starts a container beside the task's whose image comes from a registry, and which
needs a network of the engine's own. Where neither is there, Harbor's own overlay for no network is used, and nothing
else differs.
"""

from pathlib import Path

from harbor.environments.docker import COMPOSE_NO_NETWORK_PATH
from harbor.environments.docker.docker import DockerEnvironment


class WithoutNetwork(DockerEnvironment):
    """No container has a network, whatever the task asks for."""

    @staticmethod
    def _requires_egress_control(**policies: object) -> bool:
        return False

    @property
    def capabilities(self):
        return super().capabilities.model_copy(update={"disable_internet": True})

    @property
    def _docker_compose_paths(self) -> list[Path]:
        return [*super()._docker_compose_paths, COMPOSE_NO_NETWORK_PATH]
