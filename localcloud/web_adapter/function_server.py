"""The web server of a function: its readiness, and its hooks around a snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.local_http import UpstreamError, open_exchange
from localcloud.ministack_hooks import Function
from localcloud.settings import HOST
from localcloud.web_adapter.environment import readiness_path


class InitError(Exception):
    """The function's server did not start, or was not to be restored."""


@dataclass(frozen=True)
class FunctionServer:
    """The server of a function.

    Attributes:
        function: the function.
        port: where it listens on this machine.
    """

    function: Function
    port: int

    async def is_ready(self) -> bool:
        """Ask the server whether it is ready."""
        try:
            return await self._ask("GET", readiness_path(self.function)) < 500
        except UpstreamError:
            return False

    async def call_hook(self, variable: str) -> None:
        """Call the hook that a variable of the function names, if any.

        Raises:
            InitError: The server does not answer 2xx.
        """
        if not (path := self.function.environment.get(variable)):
            return
        try:
            status = await self._ask("POST", path)
        except UpstreamError as error:
            raise InitError(f"{path}: {error}") from error
        if not 200 <= status < 300:
            raise InitError(f"{path}: got status {status}; must be 2xx")

    async def _ask(self, method: str, path: str) -> int:
        exchange = await open_exchange(self.port, method, path, [("host", HOST)])
        exchange.close()
        return exchange.status
