"""The service's own health."""

from __future__ import annotations


def test_health_asks_no_upstream(client, upstream):
    assert client.get("/health").json() == {"status": "ok"}
    assert upstream.payloads == []
