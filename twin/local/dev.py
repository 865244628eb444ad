"""A development server: the FastAPI app of the working tree, against the running local stage."""

from __future__ import annotations

import subprocess
import sys

from twin.environment import PROJECT
from twin.errors import UserError
from twin.local.cloud import LocalCloud

STREAMING_HANDLER = "run.sh"


def deployed_environment(cloud: LocalCloud) -> dict[str, str]:
    """Return the environment that the stacks gave the streaming function.

    Raises:
        UserError: The stage is not deployed.
    """
    functions = cloud.session.client("lambda", endpoint_url=cloud.settings.origin)
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            if function.get("Handler") == STREAMING_HANDLER:
                return dict(function["Environment"]["Variables"])
    raise UserError(
        "no streaming function in the local stage: run `make up`, with [api] in its config"
    )


def serve(cloud: LocalCloud, port: int) -> int:
    """Run uvicorn with reload until it is stopped; return its exit status."""
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "lambda_api.main:create_app",
        "--reload", "--reload-dir", "lambda_api", "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    # No stage prefix here: the routes are at the root.
    settings = {**deployed_environment(cloud), "TWIN_ROOT_PATH": ""}
    return subprocess.call(command, cwd=PROJECT, env=cloud.environment(**settings))
