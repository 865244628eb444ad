"""The HTTP answer to a request that was queued."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

from lambda_api.response_objects.schemas import Response

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
"""OpenAPI's description of the answer to a queued request."""


def queued(response: Response, request: Request) -> JSONResponse:
    """Return the answer to a queued request: the response, and the address to fetch it from."""
    location = f"{request.scope['root_path']}/v1/responses/{response.id}"
    return JSONResponse(response.model_dump(), 202, {"location": location})
