"""Bodies in the ways that clients send them."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from lambda_api.chat.service import MAX_PAYLOAD_BYTES

CHAT = "/v1/chat/completions"
BODY = json.dumps({"model": "twin", "messages": [{"role": "user", "content": "hi"}]}).encode()
ASKED = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BODY)),
        ("GZIP", gzip.compress(BODY)),
        ("x-gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("gzip", gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])),
        ("gzip", BODY),  # as API Gateway hands it over
        ("identity", BODY),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_compressed_body_is_read(client, upstream, coding, body, chunked):
    content = iter([body[:5], body[5:]]) if chunked else body
    answer = client.post(CHAT, content=content, headers={"content-encoding": coding})

    assert answer.status_code == 200
    (payload,) = upstream.payloads
    assert json.loads(payload)["messages"] == ASKED


@pytest.mark.parametrize(
    ("coding", "body", "status", "said"),
    [
        ("gzip", gzip.compress(b" " * (MAX_PAYLOAD_BYTES + 1)), 413, "decompressed"),
        ("gzip", gzip.compress(BODY + b" " * 50_000_000), 413, f"{MAX_PAYLOAD_BYTES} bytes"),
        ("gzip", gzip.compress(BODY)[:-9], 400, "ends before"),
        ("gzip", b"\x1f\x8b" + BODY, 400, "not compressed"),
        ("gzip", gzip.compress(BODY) + b"junk", 400, "not compressed"),
        ("br", BODY, 415, "'br'"),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY)), 415, "allowed are gzip"),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_cannot_be_decompressed_is_refused(
    client, upstream, coding, body, status, said, chunked
):
    content = iter([body[:50], body[50:]]) if chunked else body
    answer = client.post(CHAT, content=content, headers={"content-encoding": coding})

    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert upstream.payloads == []


def test_a_bomb_is_not_unpacked_whole(client, monkeypatch):
    inflated = []

    class Counted:
        def __init__(self, wbits):
            self._codec = zlib.decompressobj(wbits)

        def decompress(self, data, most):
            piece = self._codec.decompress(data, most)
            inflated.append(len(piece))
            return piece

        eof = unused_data = property(lambda self: b"")

    class Zlib:
        error = zlib.error
        decompressobj = Counted

    monkeypatch.setattr("lambda_api.http.request_body.zlib", Zlib)
    bomb = gzip.compress(b" " * 200_000_000)

    answer = client.post(CHAT, content=bomb, headers={"content-encoding": "gzip"})

    assert answer.status_code == 413
    assert sum(inflated) == MAX_PAYLOAD_BYTES + 1


@pytest.mark.parametrize(
    "content_type",
    [None, "application/x-www-form-urlencoded", "text/plain;charset=UTF-8", "application/json"],
)
def test_json_is_json_whatever_it_is_called(client, content_type):
    headers = {"content-type": content_type} if content_type else {}

    assert client.post(CHAT, content=BODY, headers=headers).status_code == 200
