"""HTTP clients that talk to engines on this machine."""

from __future__ import annotations

import ssl

import httpx2


def engine_client(
    *, base_url: str = "", timeout: float | httpx2.Timeout, limits: httpx2.Limits | None = None
) -> httpx2.AsyncClient:
    """A client for plain HTTP to 127.0.0.1: no proxies, and no certificates to load."""
    return httpx2.AsyncClient(
        base_url=base_url,
        timeout=timeout,
        limits=limits or httpx2.Limits(max_connections=None),
        trust_env=False,
        # Unused over http; httpx2's own context costs 50 ms (370 ms the first time) to make.
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
