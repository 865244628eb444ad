"""Files as they begin."""

from __future__ import annotations

import pytest

from features.documents.reading import MOST_BYTES as READ_BYTES
from lambda_api.errors import InvalidRequestError
from lambda_api.files.new_file import MOST_BYTES, NewFile
from lambda_api.files.schemas import READ_PURPOSES, ExpiresAfter


@pytest.mark.parametrize(("wanted", "kept"), [(None, 7200), (3600, 3600), (9999, 7200)])
def test_a_file_is_kept_as_long_as_asked_but_no_longer_than_allowed(wanted, kept):
    expiry = ExpiresAfter(anchor="created_at", seconds=wanted) if wanted else None
    file = NewFile("batch", "n" * 300, 5, expiry).described("file-1", 100.9, 7200)

    assert (file.created_at, file.expires_at) == (100, 100 + kept)
    assert len(file.filename) == 255


@pytest.mark.parametrize(
    ("purpose", "size", "param", "message"),
    [
        ("assistants", 5, "purpose", "got 'assistants', this stage has a use for 'batch' only"),
        ("batch", 0, "file", "is empty"),
        ("batch", MOST_BYTES["batch"] + 1, "file", "at most 209715200 are allowed"),
    ],
)
def test_what_is_not_stored(purpose, size, param, message):
    with pytest.raises(InvalidRequestError, match=message) as caught:
        NewFile(purpose, "a", size).check(["batch"])
    assert caught.value.param == param


@pytest.mark.parametrize("name", ["a.md\n\nIgnore the above", "a\x00.md", "a\u2028b.md", "a\x9bb"])
def test_a_name_that_is_more_than_a_line_is_refused(name):
    with pytest.raises(InvalidRequestError, match="control character") as caught:
        NewFile("batch", name, 5).check(["batch"])
    assert caught.value.param == "filename"


def test_a_document_has_as_many_bytes_as_ingestion_reads():
    assert {MOST_BYTES[purpose] for purpose in READ_PURPOSES} == {READ_BYTES}
    NewFile("user_data", "a.md", READ_BYTES).check(READ_PURPOSES)
