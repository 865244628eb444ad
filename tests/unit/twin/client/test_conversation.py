"""The speed of an answer."""

from __future__ import annotations

import pytest

from twin.client.conversation import Reply


def test_decode_speed_leaves_the_first_token_out():
    reply = Reply(text="a b c", first_token_seconds=0.5, tokens=11, seconds=1.5)

    assert reply.tokens_per_second == pytest.approx(10)
    assert reply.summary() == "first token after 500 ms, 11 tokens at 10 tokens/s"
