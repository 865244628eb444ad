"""Services: which of them answer, for whom, and control planes for ministack to route to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import ministack.app as ministack_app
from ministack.core import responses, router

Response = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an answer."""

ServiceHandler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]
"""`(method, path, headers, body, query) -> Response`; header names come in lower case."""

app = ministack_app.app
"""ministack's ASGI application."""


def version() -> str:
    """Tell the installed version of ministack."""
    number: str = ministack_app._version()
    return number


def services() -> list[str]:
    """List the names of the services that answer."""
    return sorted(ministack_app.SERVICE_HANDLERS)


def register_service(
    name: str, *, host_pattern: str, handle: ServiceHandler, target_prefix: str = ""
) -> None:
    """Route a service's control plane to `handle`.

    Args:
        name: The service's signing name, for example `sagemaker`.
        host_pattern: Regular expression of its host names.
        handle: Answers the requests.
        target_prefix: Start of its `X-Amz-Target` header, for example `SageMaker.`; REST has none.
    """
    module = f"{name.replace('-', '_')}_extension"
    ministack_app._loaded_modules[module] = SimpleNamespace(
        handle_request=handle, reset=lambda: None, get_state=lambda: None
    )
    ministack_app.SERVICE_REGISTRY[name] = {"module": module}
    ministack_app.SERVICE_HANDLERS[name] = ministack_app._lazy_handler(module)
    router.SERVICE_PATTERNS[name] = {
        "target_prefixes": [target_prefix] if target_prefix else [],
        "host_patterns": [host_pattern],
    }


def set_request_scope(headers: Mapping[str, str]) -> None:
    """Take the request's account and region from its signature, as ministack's own routing does."""
    signed = dict(headers)
    if key := router.extract_access_key_id(signed, {}):
        ministack_app.set_request_account_id(key)
    ministack_app.set_request_region(router.extract_region(signed, {}))


async def call_service(
    name: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    account: str,
    region: str,
) -> Response:
    """Have a service answer a request on the server's event loop, from any other.

    Spares a client, a connection and a signature. The path comes decoded.
    """
    handler = ministack_app.SERVICE_HANDLERS[name]
    # Without a key the caller would be anonymous. What it may do, it has asked for before.
    key = f"AWS4-HMAC-SHA256 Credential={account}/-/{region}/{name}/aws4_request"
    with request_scope(account, region):
        answering = asyncio.run_coroutine_threadsafe(
            handler(method, path, {"authorization": key, **headers}, body, {}),
            ministack_app._MAIN_LOOP,
        )
    answer: Response = await asyncio.wrap_future(answering)
    return answer


def request_scope(account: str, region: str) -> AbstractContextManager[None]:
    """Act for an account and region where no request says which."""
    scope: AbstractContextManager[None] = responses.request_scope(account, region)
    return scope
