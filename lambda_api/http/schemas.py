"""Schemas of OpenAI's error object; `errors.body_of` writes the object itself."""

from __future__ import annotations

from pydantic import BaseModel


class ErrorDetail(BaseModel):
    """The error itself."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(BaseModel):
    """OpenAI's error object."""

    error: ErrorDetail
