"""API Gateway: API keys that come from the authorizer (`apiKeySource: AUTHORIZER`).

ministack reads the `x-api-key` header whatever `apiKeySource` says, and creates an API from a
template without its `ApiKeySourceType`. It caches an authorizer's context, not its other fields,
so the key travels (and is cached) as an entry of the context, which is taken out again before the
function sees it. A key that is disabled is none.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import partial

from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners

from localcloud.ministack_hooks.patching import Untyped, wrap

IDENTIFIER = "usageIdentifierKey"

_key: ContextVar[str | None] = ContextVar("key", default=None)
"""The request's key; empty when the authorizer gave none, None when the header is the source."""


def take_keys_from_authorizers() -> None:
    """Honour `apiKeySource: AUTHORIZER`."""
    wrap(apigateway_v1, "_invoke_authorizer_lambda", _invoke_authorizer)
    wrap(apigateway_v1, "_authorize_request_v1", _authorize)
    wrap(apigateway_v1, "_api_key_from_request", _read_key)
    wrap(apigateway_v1, "_resolve_api_key", _resolve_key)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::RestApi"]
    handlers["create"] = partial(_create_api, handlers["create"])


def _create_api(
    original: Callable[..., Untyped], logical_id: str, properties: Untyped, stack: str
) -> Untyped:
    api, attributes = original(logical_id, properties, stack)
    if source := properties.get("ApiKeySourceType"):
        apigateway_v1._rest_apis[api]["apiKeySource"] = source
    return api, attributes


async def _invoke_authorizer(
    original: Callable[..., Awaitable[Untyped]], *args: Untyped
) -> Untyped:
    result = await original(*args)
    answer = result.get("body") if result else None
    if isinstance(answer, dict) and IDENTIFIER in answer:
        answer["context"] = {**(answer.get("context") or {}), IDENTIFIER: answer[IDENTIFIER]}
    return result


async def _authorize(
    original: Callable[..., Awaitable[Untyped]], api: str, *args: Untyped
) -> Untyped:
    error, context = await original(api, *args)
    source = apigateway_v1._rest_apis[api].get("apiKeySource")
    _key.set((context or {}).get(IDENTIFIER, "") if source == "AUTHORIZER" else None)
    if context is not None:
        context = {name: value for name, value in context.items() if name != IDENTIFIER}
    return error, context


def _read_key(original: Callable[..., str], headers: Mapping[str, str]) -> str:
    key = _key.get()
    return original(headers) if key is None else key


def _resolve_key(original: Callable[..., Untyped], value: str) -> Untyped:
    """Return an enabled key: templates and patches disable one with the text `false`."""
    key = original(value)
    return None if key and str(key["enabled"]).lower() == "false" else key
