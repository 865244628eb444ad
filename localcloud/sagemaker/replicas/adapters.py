"""LoRA adapters in a running container, by the two routes that SageMaker's own containers have.

https://github.com/aws/model-hosting-container-standards
"""

from __future__ import annotations

import json
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from localcloud.engines import Engine
from localcloud.engines.key import AUTHORIZATION
from localcloud.local_http import open_exchange
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.settings import HOST

HEADER = "x-amzn-sagemaker-adapter-identifier"
"""Header by which a container knows the adapter that a request is for."""


async def load_adapter(engine: Engine, port: int, name: str, directory: Path) -> None:
    """Have a container load an adapter.

    Raises:
        DeploymentFailedError: It has no such route, or refuses.
        UpstreamError: It broke off.
    """
    body = json.dumps({"name": name, "src": str(directory)}).encode()
    await _call(engine, port, "POST", "", body)


async def unload_adapter(engine: Engine, port: int, name: str) -> None:
    """Have a container forget an adapter.

    Raises:
        DeploymentFailedError: It refuses.
        UpstreamError: It broke off.
    """
    await _call(engine, port, "DELETE", f"/{quote(name, safe='')}", b"")


async def _call(engine: Engine, port: int, method: str, rest: str, body: bytes) -> None:
    if engine.adapters is None:
        raise DeploymentFailedError(
            "The container of the base inference component does not load adapters while it runs."
        )
    headers = [("host", HOST), AUTHORIZATION, ("content-type", "application/json")]
    asked = await open_exchange(port, method, engine.adapters + rest, headers, body)
    with closing(asked) as exchange:
        said = b"".join([chunk async for chunk in exchange.body()]).decode(errors="replace")
        if exchange.status != HTTPStatus.OK:
            raise DeploymentFailedError(
                f"The container refused the adapter with status {exchange.status}: {said}"
            )
