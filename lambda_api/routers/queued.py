"""What is answered later, over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

from lambda_api.responses.schemas import Response

QUEUED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": Response,
        "description": (
            "The model is starting, and the stage lets requests wait in the queue meanwhile: a "
            "background response with status `queued`, also where a stream was asked for. Its "
            "`Location`, `/v1/responses/{id}`, has the answer when it is there."
        ),
    }
}
"""How the schema tells of it."""


def queued(response: Response, request: Request) -> JSONResponse:
    """A response that is fetched later, and from where."""
    location = f"{request.scope['root_path']}/v1/responses/{response.id}"
    return JSONResponse(response.model_dump(), 202, {"location": location})
