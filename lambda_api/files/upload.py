"""Uploads of files: a form with the content, or JSON that announces a large file."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData, UploadFile

from lambda_api.errors import InvalidRequestError
from lambda_api.files.schemas import ExpiresAfter, UploadPurpose

UPLOAD_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["purpose", "file"],
                "properties": {
                    "purpose": {"type": "string", "enum": [*get_args(UploadPurpose)]},
                    "file": {"type": "string", "format": "binary"},
                    "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
                    "expires_after[seconds]": {"type": "integer"},
                },
            }
        },
        "application/json": {
            "schema": {
                "type": "object",
                "description": "For large files: the answer has an `upload_url` for the content.",
                "required": ["purpose", "filename", "bytes"],
                "properties": {
                    "purpose": {"type": "string", "enum": [*get_args(UploadPurpose)]},
                    "filename": {"type": "string", "minLength": 1},
                    "bytes": {"type": "integer", "minimum": 1},
                },
            }
        },
    },
}
"""OpenAPI's description of both kinds of body."""


class FileUpload(BaseModel):
    """A file to be stored, with the content or announced."""

    model_config = ConfigDict(validate_by_name=True)

    purpose: UploadPurpose
    filename: str = Field(min_length=1)
    size: int = Field(ge=0, alias="bytes", description="Of its content.")
    expires_after: ExpiresAfter | None = None
    content: bytes | None = Field(None, description="None if it comes later.")


async def upload_in(request: Request) -> FileUpload:
    """Return the upload in a request.

    Raises:
        InvalidRequestError: The body is neither a form with a file nor JSON.
        RequestValidationError: A field is missing or wrong.
    """
    if "multipart/form-data" in request.headers.get("content-type", ""):
        async with request.form() as form:
            return _validated(await _fields(form))
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise InvalidRequestError(
            "the body must be multipart/form-data with `purpose` and `file`, or a JSON object"
            " with `purpose`, `filename` and `bytes` to get a URL for a large file"
        ) from None
    return _validated({**body, "content": None} if isinstance(body, dict) else body)


async def _fields(form: FormData) -> dict[str, Any]:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidRequestError("file: field required, a file in a form", param="file")
    content = await file.read()
    fields = {"filename": file.filename or "file", "bytes": len(content), "content": content}
    if "purpose" in form:
        fields["purpose"] = form["purpose"]
    expiry = {
        name: form[f"expires_after[{name}]"]
        for name in ExpiresAfter.model_fields
        if f"expires_after[{name}]" in form
    }
    return {**fields, "expires_after": expiry} if expiry else fields


def _validated(fields: Any) -> FileUpload:  # noqa: ANN401  any JSON value
    try:
        return FileUpload.model_validate(fields)
    except ValidationError as error:
        found = [{**details, "loc": ("body", *details["loc"])} for details in error.errors()]
        raise RequestValidationError(found, body=fields) from None
