"""API Gateway: a REST API stage's access log and metrics, which ministack has no trace of.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import partial

from ministack.core.responses import StreamingResponse
from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners

from localcloud.ministack_hooks.logs import LogStream
from localcloud.ministack_hooks.metrics.cloudwatch import Metrics
from localcloud.ministack_hooks.patching import Untyped, wrap
from localcloud.ministack_hooks.rest_apis.metrics import publish_request

VARIABLE = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")

Variables = dict[str, Untyped]
"""`$context` variables of one request, without `context.`; those never set are logged as `-`."""

_variables: ContextVar[Variables] = ContextVar("variables")


def write_access_logs() -> None:
    """Count and log each answered request of a stage, as its `accessLogSettings` say."""
    wrap(apigateway_v1, "_handle_execute_in_scope", _handle)
    wrap(apigateway_v1, "_check_api_key", _check_api_key)
    wrap(apigateway_v1, "_build_lambda_event_v1", _build_event)
    wrap(apigateway_v1, "_invoke_lambda_proxy_v1", _invoke_integration)
    wrap(apigateway_v1, "_gateway_error_response", _render_error)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Stage"]
    handlers["create"] = partial(_provision_stage, handlers["create"])
    handlers["update"] = partial(_provision_stage, handlers["update"])


def render(template: str, variables: Mapping[str, Untyped]) -> str:
    """Fill a log format in."""
    return VARIABLE.sub(lambda match: str(variables.get(match[1], "-")), template)


def _provision_stage(original: Callable[..., Untyped], *args: Untyped) -> Untyped:
    provisioned = original(*args)
    new, _stack = args[-2:]
    if setting := new.get("AccessLogSetting"):
        apigateway_v1._stages_v1[new["RestApiId"]][new["StageName"]]["accessLogSettings"] = {
            "destinationArn": setting["DestinationArn"],
            "format": setting["Format"],
        }
    return provisioned


async def _handle(
    original: Callable[..., Awaitable[Untyped]],
    api: str,
    stage: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    *args: Untyped,
) -> Untyped:
    began = time.monotonic()
    variables: Variables = {
        "apiId": api,
        "stage": stage,
        "httpMethod": method,
        "path": f"/{stage}{path}",
        "protocol": "HTTP/1.1",
        "requestTimeEpoch": int(time.time() * 1000),
        "identity.userAgent": headers.get("user-agent", "-"),
    }
    _variables.set(variables)
    status, answer_headers, body = await original(api, stage, method, path, headers, *args)
    variables["status"] = status
    if request_id := variables.get("requestId"):
        answer_headers["x-amzn-requestid"] = request_id
    *_, account, region = args
    log = partial(_write, variables, began, account, region)
    if isinstance(body, StreamingResponse):
        body = StreamingResponse(partial(_run_logged, body.runner, variables, began, log))
    else:
        log(len(body))
    return status, answer_headers, body


def _check_api_key(original: Callable[..., Untyped], *args: Untyped) -> Untyped:
    error, key = original(*args)
    if key is not None:
        _variables.get({}).update({"identity.apiKeyId": key["id"], "identity.apiKey": key["value"]})
    return error, key


def _build_event(original: Callable[..., Untyped], *args: Untyped, **kwargs: Untyped) -> Untyped:
    event = original(*args, **kwargs)
    variables, context = _variables.get({}), event["requestContext"]
    for name in ("apiKey", "apiKeyId"):
        if value := variables.get(f"identity.{name}"):
            context["identity"][name] = value
    names = ("requestId", "extendedRequestId", "requestTime", "resourcePath", "accountId")
    variables.update({name: context[name] for name in names})
    variables["identity.sourceIp"] = context["identity"]["sourceIp"]
    return event


async def _invoke_integration(
    original: Callable[..., Awaitable[Untyped]],
    integration: Untyped,
    *args: Untyped,
    **more: Untyped,
) -> Untyped:
    began = time.monotonic()
    answer = await original(integration, *args, **more)
    elapsed = _milliseconds_since(began)
    variables = _variables.get({})
    variables["integration.responseTransferMode"] = integration.get(
        "responseTransferMode", "BUFFERED"
    )
    variables["integration.latency"] = variables["integration.timeToAllHeaders"] = elapsed
    if isinstance(answer, tuple):
        variables["integration.status"] = answer[0]
    return answer


def _render_error(original: Callable[..., Untyped], error: Untyped, request: Untyped) -> Untyped:
    request["request_id"] = _variables.get({}).setdefault("requestId", request["request_id"])
    _variables.get({}).update(
        {"error.responseType": error.response_type, "error.message": error.message or "-"}
    )
    return original(error, request)


async def _run_logged(
    run: Callable[..., Awaitable[None]],
    variables: Variables,
    began: float,
    log: Callable[[int], None],
    send: Callable[[Untyped], Awaitable[None]],
    receive: Callable[[], Awaitable[Untyped]],
) -> None:
    length = 0

    async def send_counted(message: Untyped) -> None:
        nonlocal length
        if not length and message.get("body"):
            variables["integration.timeToFirstContent"] = _milliseconds_since(began)
        length += len(message.get("body", b""))
        await send(message)

    try:
        await run(send_counted, receive)
    finally:
        variables["integration.latency"] = _milliseconds_since(began)
        log(length)


def _write(variables: Variables, began: float, account: str, region: str, length: int) -> None:
    api, name = variables["apiId"], variables["stage"]
    variables.update({"responseLength": length, "responseLatency": _milliseconds_since(began)})
    publish_request(
        Metrics(account, region),
        api,
        name,
        status=variables["status"],
        latency=variables["responseLatency"],
        integration_latency=variables.get("integration.latency"),
    )
    stage = apigateway_v1._stages_v1.get(api, {}).get(name) or {}
    settings = stage.get("accessLogSettings") or {}
    if not settings.get("format"):
        return
    group = settings["destinationArn"].partition(":log-group:")[2].removesuffix(":*")
    stream = LogStream(account=account, region=region, group=group, name=f"{api}_{name}")
    stream.write([render(settings["format"], variables)])


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
