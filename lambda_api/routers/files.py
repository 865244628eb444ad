"""Routes of files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from lambda_api.errors import InvalidRequestError
from lambda_api.files.new_file import media_type
from lambda_api.files.schemas import DeletedFile, FileObject, UploadableFile
from lambda_api.files.service import FileService
from lambda_api.files.upload import UPLOAD_BODY, FileUpload, upload_in
from lambda_api.http.caller import caller_id
from lambda_api.http.idempotency import KEY_PARAMETERS
from lambda_api.http.schemas import ERRORS
from lambda_api.routers.creation import creation_by
from lambda_api.storage.idempotency import IdempotencyKeys
from lambda_api.storage.pagination import Order, Page

MAX_DIRECT_BYTES = 1024 * 1024
"""Largest content in an answer, which must fit in the 6 MB of a Lambda answer when each byte is
escaped in JSON (`\\u001f`). Larger content is a redirect to the bucket."""

_REDIRECT: dict[int | str, dict[str, Any]] = {
    302: {"description": "The content is large, or no text: `Location` has it for a few minutes."}
}


def router(
    connect: Callable[[], FileService], connect_keys: Callable[[], IdempotencyKeys]
) -> APIRouter:
    """Return the routes of files.

    Args:
        connect: Returns the service; called for each request, so cached.
        connect_keys: Returns the keys of requests for files; called for each, so cached.
    """
    routes = APIRouter(prefix="/v1/files", tags=["files"], responses=ERRORS)

    @routes.post("", openapi_extra={"requestBody": UPLOAD_BODY, "parameters": KEY_PARAMETERS})
    def create_file(
        request: Request, upload: Annotated[FileUpload, Depends(upload_in)]
    ) -> UploadableFile | FileObject:
        """Upload a file of a few MB, or, with a JSON body, get a URL that takes a large one."""
        return _created_once(connect(), connect_keys(), upload, request)

    @routes.get("")
    def list_files(
        request: Request,
        after: str = "",
        limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
        order: Order = "desc",
        purpose: str | None = None,
    ) -> Page[FileObject]:
        """List your files, at most 100 a page."""
        return connect().page(caller_id(request.scope), after, limit, order, purpose)

    @routes.get("/{file_id}")
    def get_file(request: Request, file_id: str) -> FileObject:
        """Tell of one file."""
        return connect().get(caller_id(request.scope), file_id)

    @routes.get("/{file_id}/content", response_class=Response, responses=_REDIRECT)
    def get_file_content(request: Request, file_id: str) -> Response:
        """Give what a file holds; from a megabyte on, through a redirect."""
        return _content(connect(), caller_id(request.scope), file_id)

    @routes.delete("/{file_id}")
    def delete_file(request: Request, file_id: str) -> DeletedFile:
        """Delete a file."""
        return connect().delete(caller_id(request.scope), file_id)

    return routes


def _created_once(
    files: FileService, keys: IdempotencyKeys, upload: FileUpload, request: Request
) -> FileObject:
    owner = caller_id(request.scope)
    return keys.create(
        creation_by(request, owner, lambda: _parts(upload)),
        files.new_id,
        lambda file_id: _created(files, owner, upload, file_id),
        lambda file_id: files.found_again(owner, file_id),
    )


def _created(files: FileService, owner: str, upload: FileUpload, file_id: str) -> FileObject:
    name, expires_after, purpose = upload.filename, upload.expires_after, upload.purpose
    if upload.content is not None:
        return files.create(owner, name, upload.content, expires_after, file_id, purpose)
    return files.await_upload(owner, name, upload.size, expires_after, file_id, purpose)


def _parts(upload: FileUpload) -> tuple[bytes, ...]:
    described = upload.model_dump_json(exclude={"content"}).encode()
    return (described,) if upload.content is None else (described, upload.content)


def _content(files: FileService, owner: str, file_id: str) -> Response:
    file = files.get(owner, file_id)
    if file.status == "uploaded":
        message = f"the content of {file_id!r} has not been uploaded yet"
        raise InvalidRequestError(message, param="file_id")
    content = b"".join(files.content(owner, file)) if file.bytes <= MAX_DIRECT_BYTES else None
    if content is None or not _is_text(content):
        return RedirectResponse(files.content_url(owner, file), 302)
    return Response(content, media_type=media_type(file.purpose))


def _is_text(content: bytes) -> bool:
    # API Gateway passes other bytes on as base64 unless every answer is declared binary.
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
