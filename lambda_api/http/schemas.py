"""Schemas of OpenAI's error object; `error_status.body_of` writes the object itself."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel

PageLimit = Annotated[int, Query(ge=1, le=100)]
"""Most things on a page of a list: at most 100, as OpenAI has it."""


class ErrorDetail(BaseModel):
    """The error itself."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(BaseModel):
    """OpenAI's error object."""

    error: ErrorDetail


EVENT_STREAM: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "required": ["data"],
            "properties": {"data": {"type": "string"}},
        }
    }
}
"""OpenAPI's description of a stream of events, as OpenAPI 3.2 has it: the schema of one event."""

ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request is at fault, or comes too often."},
    404: {"model": ErrorResponse, "description": "No such object, or one of another key."},
    409: {"model": ErrorResponse, "description": "The object's state does not allow it."},
    503: {"model": ErrorResponse, "description": "Storage does not answer; try again."},
    "5XX": {"model": ErrorResponse, "description": "The service failed."},
}
"""OpenAPI's description of the errors of routes that look after objects."""
