"""The header by which clients name a request."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from lambda_api.errors import InvalidRequestError
from lambda_api.http.idempotency import idempotency_key


def request(*keys: bytes) -> Request:
    headers = [(b"idempotency-key", key) for key in keys]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(("sent", "key"), [((), None), ((b"a",), "a"), ((b"~" * 255,), "~" * 255)])
def test_a_key_is_what_was_sent(sent, key):
    assert idempotency_key(request(*sent)) == key


@pytest.mark.parametrize(
    "sent", [(b"",), (b"a b",), (b"\xe9",), (b"k" * 256,), (b"a\n",), (b"a", b"a")]
)
def test_anything_else_is_refused_and_not_repeated(sent):
    with pytest.raises(InvalidRequestError, match="1 to 255 visible ASCII") as caught:
        idempotency_key(request(*sent))

    assert caught.value.param == "Idempotency-Key"
