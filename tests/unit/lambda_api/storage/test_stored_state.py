"""State in a bucket that is not what was written."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from lambda_api.errors import UnreadableObjectError
from lambda_api.storage.stored_state import state_in


class Thing(BaseModel):
    count: int


def test_what_was_written_is_read():
    assert state_in(b'{"count": 2}', Thing, "thing-1") == Thing(count=2)


@pytest.mark.parametrize(
    "body", [b"", b'{"count": 2', b'{"count": "many"}', b"{}", b"[]", b"null", b"\xff\x00"]
)
def test_what_is_damaged_is_named_and_not_shown(body):
    with pytest.raises(UnreadableObjectError) as caught:
        state_in(body, Thing, "thing-1")

    assert caught.value.message == "what is stored of 'thing-1' cannot be read; DELETE removes it"
    assert caught.value.__cause__ is None
