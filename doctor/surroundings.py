"""The surroundings of a stage: the account it is deployed in, the checkout, the model hub."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config

if TYPE_CHECKING:
    import boto3

HUB: Final = "https://huggingface.co"
"""The hub that the engines download from."""

# Whoever waits for a diagnosis does not wait a minute for one answer.
_PATIENCE: Final = Config(
    connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
)


@dataclass(frozen=True)
class Surroundings:
    """Everything outside a stage that its deployment meets.

    Attributes:
        session: credentials and region of the account.
        root: the project's root directory, where local artifacts lie.
        origin: the local cloud's origin; none on real AWS.
        hub: origin of the model hub.
    """

    session: boto3.Session
    root: Path
    origin: str | None = None
    hub: str = HUB
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)
    _making: Lock = field(default_factory=Lock, repr=False)

    @property
    def region(self) -> str:
        """Region that the stage is deployed to; empty if it is not known."""
        return self.session.region_name or ""

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
        """Return the client of a service, the same each time."""
        # Sessions are not safe among threads; clients are.
        with self._making:
            if service not in self._clients:
                create: Any = self.session.client
                self._clients[service] = create(service, endpoint_url=self.origin, config=_PATIENCE)
            return self._clients[service]

    def console(self, path: str) -> str:
        """Return the address of a page of AWS's console."""
        return f"https://{self.region}.console.aws.amazon.com/{path}"
