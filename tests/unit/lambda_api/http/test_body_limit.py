"""Bodies over the limit."""

from __future__ import annotations

import pytest

from lambda_api.chat.service import MAX_PAYLOAD_BYTES

CHAT = "/v1/chat/completions"

LIMIT = MAX_PAYLOAD_BYTES


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_a_413(client, chunked):
    body = b"x" * (LIMIT + 1)
    answer = client.post(CHAT, content=iter([body[:LIMIT], body[LIMIT:]]) if chunked else body)

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request_too_large"
    assert f"at most {LIMIT}" in answer.json()["error"]["message"]
