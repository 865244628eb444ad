"""API Gateway REST APIs: what ministack's data plane leaves out, added around its own functions.

What is added: streamed Lambda integrations (`responseTransferMode: STREAM`), the integration's
timeout, the payload limits, compressed bodies, and failures that say nothing of the function's
insides.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from ministack.core.responses import StreamingResponse
from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners

from localcloud.ministack_hooks.aws_lambda.functions import Function, find_function
from localcloud.ministack_hooks.patching import Untyped, wrap

MAX_BODY_BYTES = 10 * 1024 * 1024
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""

MAX_EVENT_BYTES = 6 * 1024 * 1024
"""Lambda's limit for an invocation's payload: the body and all that goes with it, as JSON.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

_WINDOW_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class GatewayError(apigateway_v1._GatewayError):  # type: ignore[misc]
    """An error that API Gateway itself answers, through the API's gateway responses.

    Args:
        response_type: A gateway response type, for example `INTEGRATION_TIMEOUT`.
        message: `$context.error.message`.
        status: The status where the API's gateway responses set none; by default the type's own.
    """

    def __init__(self, response_type: str, message: str, status: int | None = None) -> None:
        super().__init__(response_type, message)
        self.status = status


StreamedBody: TypeAlias = StreamingResponse
"""Body of an answer sent as it is made: `StreamedBody(run)`, `run(send, receive)` sends it (ASGI).

A `run` that returns without the last frame leaves the client with a truncated response.
"""

Answer: TypeAlias = tuple[int, dict[str, str | list[str]], bytes | StreamedBody] | GatewayError
"""Status, headers and body; or an error for the gateway to render."""


@dataclass(frozen=True, kw_only=True)
class StreamCall:
    """A request that reached a streamed Lambda integration.

    Attributes:
        event: the proxy event (payload format 1.0).
        timeout: the integration's timeout in seconds.
    """

    event: Mapping[str, Untyped]
    function: Function
    timeout: float


Stream = Callable[[StreamCall], Awaitable[Answer]]


def extend_rest_apis(stream: Stream) -> None:
    """Complete ministack's REST APIs; `stream` runs streamed integrations."""
    wrap(apigateway_v1, "_put_integration", _put_integration)
    wrap(apigateway_v1, "_handle_execute_in_scope", _limit_body)
    wrap(apigateway_v1, "_handle_execute_in_scope", _decompress_body)
    wrap(apigateway_v1, "_build_lambda_event_v1", _limit_event)
    wrap(apigateway_v1, "_gateway_error_response", _render_error)
    wrap(apigateway_v1, "_lambda_proxy_response", _read_lambda_result)
    wrap(apigateway_v1, "_invoke_lambda_proxy_v1", partial(_invoke_lambda, stream))
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Method"]
    handlers["create"] = partial(_create_method, handlers["create"])
    handlers["update"] = partial(_update_method, handlers["update"])


def integration_failure(*, throttled: bool = False) -> GatewayError:
    """Return the answer when the function failed (502), or Lambda refused to run it (500).

    https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
    """
    status = 500 if throttled else 502
    return GatewayError("INTEGRATION_FAILURE", "Internal server error", status)


def integration_timeout() -> GatewayError:
    """Return the answer when nothing came within the integration's timeout (504)."""
    return GatewayError("INTEGRATION_TIMEOUT", "Endpoint request timed out")


def _put_integration(
    original: Callable[..., Untyped], api: str, resource: str, method: str, data: Untyped
) -> Untyped:
    answer = original(api, resource, method, data)
    if answer[0] >= 400 or "responseTransferMode" not in data:
        return answer
    stored = _set_transfer_mode(api, resource, method, data["responseTransferMode"])
    return apigateway_v1._v1_response(stored, answer[0])


def _create_method(
    original: Callable[..., Untyped], logical_id: str, new: Untyped, stack: str
) -> Untyped:
    created = original(logical_id, new, stack)
    _set_transfer_mode_of(new)
    return created


def _update_method(
    original: Callable[..., Untyped], physical_id: str, old: Untyped, new: Untyped, stack: str
) -> Untyped:
    updated = original(physical_id, old, new, stack)
    _set_transfer_mode_of(new)
    return updated


def _set_transfer_mode_of(method: Untyped) -> None:
    mode = (method.get("Integration") or {}).get("ResponseTransferMode")
    if mode:
        _set_transfer_mode(method["RestApiId"], method["ResourceId"], method["HttpMethod"], mode)


def _set_transfer_mode(api: str, resource: str, method: str, mode: str) -> Untyped:
    stored = apigateway_v1._resources[api][resource]["resourceMethods"][method]
    stored["methodIntegration"]["responseTransferMode"] = mode
    return stored["methodIntegration"]


async def _limit_body(original: Callable[..., Awaitable[Untyped]], *args: Untyped) -> Untyped:
    """Turn too long a body away at the door, as measured on AWS: in plain text, for anyone.

    https://github.com/koki-develop/lgtm-generator/issues/10
    """
    *_, body, _query, _account, _region = args
    if len(body or b"") > MAX_BODY_BYTES:
        text = f"HTTP content length exceeded {MAX_BODY_BYTES} bytes."
        return 413, {"Content-Type": "text; charset=utf-8"}, text.encode()
    return await original(*args)


async def _decompress_body(original: Callable[..., Awaitable[Untyped]], *args: Untyped) -> Untyped:
    """Decompress a body; the header stays as it was (dougmoscrop/serverless-http, issue 194).

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html
    """
    *before, headers, body, query, account, region = args
    coding = str(headers.get("content-encoding", "identity")).strip().lower()
    if body and coding != "identity":
        try:
            codec = zlib.decompressobj(_WINDOW_BITS[coding])
            # A byte more than the limit is enough to be turned away.
            body = codec.decompress(body, MAX_BODY_BYTES + 1)
        except (KeyError, zlib.error):
            said = b'{"message":"Unsupported Media Type"}'
            return 415, {"Content-Type": "application/json"}, said
    return await original(*before, headers, body, query, account, region)


class _EventTooLongError(Exception):
    """Lambda would refuse the event."""


def _limit_event(original: Callable[..., Untyped], *args: Untyped, **kwargs: Untyped) -> Untyped:
    event = original(*args, **kwargs)
    # Escaped, a body grows to at most six times its length.
    long = len(event["body"] or "") * 6 > MAX_EVENT_BYTES
    if long and len(json.dumps(event, ensure_ascii=False).encode()) > MAX_EVENT_BYTES:
        raise _EventTooLongError
    return event


def _render_error(original: Callable[..., Untyped], error: Untyped, request: Untyped) -> Untyped:
    status, headers, body = original(error, request)
    default = apigateway_v1._DEFAULT_GATEWAY_RESPONSE_STATUS_CODES.get(error.response_type)
    if getattr(error, "status", None) and str(status) == default:
        status = error.status
    return status, headers, body


class _LambdaError(Exception):
    def __init__(self, *, throttled: bool) -> None:
        self.throttled = throttled


def _read_lambda_result(original: Callable[..., Untyped], result: Untyped) -> Untyped:
    if result.get("throttle") or result.get("error"):
        raise _LambdaError(throttled=bool(result.get("throttle")))
    return original(result)


async def _invoke_lambda(
    stream: Stream,
    original: Callable[..., Awaitable[Untyped]],
    integration: Untyped,
    *args: Untyped,
    **kwargs: Untyped,
) -> Untyped:
    timeout = float(integration["timeoutInMillis"]) / 1000
    try:
        if integration.get("responseTransferMode") == "STREAM":
            return await _streamed(stream, integration["uri"], timeout, *args, **kwargs)
        return await _buffered(original(integration, *args, **kwargs), timeout)
    except _LambdaError as error:
        return integration_failure(throttled=error.throttled)
    except _EventTooLongError:
        return GatewayError("REQUEST_TOO_LARGE", "Request Too Long")


async def _streamed(
    stream: Stream, uri: str, timeout: float, *args: Untyped, **kwargs: Untyped
) -> Untyped:
    owner = kwargs.pop("owner_account_id"), kwargs.pop("owner_region")
    function = find_function(_function_reference(uri), *owner)
    if function is None:
        return GatewayError("API_CONFIGURATION_ERROR", "Internal server error")
    event = apigateway_v1._build_lambda_event_v1(*args, **kwargs)
    return await stream(StreamCall(event=event, function=function, timeout=timeout))


async def _buffered(invocation: Awaitable[Untyped], timeout: float) -> Untyped:
    call = asyncio.ensure_future(invocation)
    await asyncio.wait({call}, timeout=timeout)
    if call.done():
        return call.result()
    # Not cancelled: the function runs on, as it does on AWS. Its result is nobody's.
    call.add_done_callback(lambda done: done.exception())
    return integration_timeout()


def _function_reference(uri: str) -> str:
    """Extract the function's ARN from an integration URI."""
    return uri.partition("/functions/")[2].removesuffix("/response-streaming-invocations")
