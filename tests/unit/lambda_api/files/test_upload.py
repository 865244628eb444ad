"""What a caller uploads: a form with the content, or JSON that announces it."""

from __future__ import annotations

import asyncio
import json

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from lambda_api.errors import InvalidRequestError
from lambda_api.files.upload import FileUpload, upload_in

FORM = "multipart/form-data; boundary=x"


def upload(body: bytes, content_type: str = "application/json") -> FileUpload:
    async def receive():
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", content_type.encode())]
    return asyncio.run(upload_in(Request({"type": "http", "headers": headers}, receive)))


def form(*fields: tuple[str, str]) -> bytes:
    parts = (
        f"--x\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n"
        for name, value in fields
    )
    return "".join([*parts, "--x--\r\n"]).encode()


def test_a_form_brings_its_content():
    found = upload(form(("purpose", "batch"), ('file; filename="a.jsonl"', "{}\n")), FORM)

    assert found == FileUpload(purpose="batch", filename="a.jsonl", size=3, content=b"{}\n")


def test_a_form_may_say_when_the_file_expires():
    expiry = [("expires_after[anchor]", "created_at"), ("expires_after[seconds]", "3600")]
    found = upload(form(("purpose", "batch"), ('file; filename="a"', "x"), *expiry), FORM)

    assert found.expires_after.seconds == 3600


def test_json_announces_a_file_and_brings_no_content():
    body = {"purpose": "batch", "filename": "a.jsonl", "bytes": 7, "content": "smuggled"}
    found = upload(json.dumps(body).encode())

    assert found == FileUpload(purpose="batch", filename="a.jsonl", size=7, content=None)


def test_a_form_without_a_file_is_refused():
    with pytest.raises(InvalidRequestError, match="file: field required"):
        upload(form(("purpose", "batch"), ("file", "only text")), FORM)


@pytest.mark.parametrize("rubbish", [b"", b"{", b"\xff"])
def test_what_is_neither_says_what_is_allowed(rubbish):
    with pytest.raises(InvalidRequestError, match="multipart/form-data"):
        upload(rubbish)


@pytest.mark.parametrize(
    ("changes", "field"), [({"purpose": "x"}, "purpose"), ({"bytes": -1}, "bytes")]
)
def test_a_wrong_field_is_named_as_it_stands_in_the_body(changes, field):
    body = {"purpose": "batch", "filename": "a", "bytes": 1, **changes}

    with pytest.raises(RequestValidationError) as caught:
        upload(json.dumps(body).encode())
    assert caught.value.errors()[0]["loc"] == ("body", field)
