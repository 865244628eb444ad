"""From a proxy event to the HTTP request that the adapter makes of it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from localcloud.ministack_hooks import Function

DROPPED_HEADERS = {
    "connection",
    "content-length",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
}
"""Headers about the client's connection, not about the request."""

REQUEST_CONTEXT = "x-amzn-request-context"
LAMBDA_CONTEXT = "x-amzn-lambda-context"
OWN_HEADERS = {REQUEST_CONTEXT, LAMBDA_CONTEXT}
"""Headers by which the server knows its caller: a client's own are replaced, however it spells
them, as the adapter's `HeaderMap::insert` does.
https://github.com/awslabs/aws-lambda-web-adapter/blob/main/src/lib.rs"""


@dataclass(frozen=True, kw_only=True)
class AdapterRequest:
    """The request that reaches the function's server.

    Attributes:
        id: id of the invocation.
        target: path without the stage, and query, encoded.
    """

    id: str
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


def adapter_request(
    event: Mapping[str, Any], function: Function, *, deadline: float, log_stream: str
) -> AdapterRequest:
    """Translate an event (REST API, payload format 1.0) as the adapter does.

    Args:
        event: The proxy event.
        function: The function it is for.
        deadline: End of the invocation's timeout, in Unix seconds.
        log_stream: The execution environment's log stream.
    """
    context = event["requestContext"]
    query = urlencode(event["multiValueQueryStringParameters"] or {}, doseq=True)
    body = event["body"] or ""
    invocation = _lambda_context(function, context["requestId"], deadline, log_stream)
    return AdapterRequest(
        id=context["requestId"],
        method=event["httpMethod"],
        target=quote(event["path"]) + (f"?{query}" if query else ""),
        headers=[
            *_client_headers(event["multiValueHeaders"]),
            (REQUEST_CONTEXT, json.dumps(context)),
            (LAMBDA_CONTEXT, json.dumps(invocation)),
        ],
        body=b64decode(body) if event["isBase64Encoded"] else body.encode(),
    )


def _client_headers(headers: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in headers.items()
        if name.lower() not in DROPPED_HEADERS | OWN_HEADERS
        for value in values
    ]


def _lambda_context(
    function: Function, request_id: str, deadline: float, log_stream: str
) -> dict[str, Any]:
    """Lambda's context as the adapter's runtime client writes it.

    https://docs.rs/lambda_runtime/latest/lambda_runtime/struct.Context.html
    """
    return {
        "request_id": request_id,
        "deadline": int(deadline * 1000),
        "invoked_function_arn": function.arn,
        "xray_trace_id": None,
        "client_context": None,
        "identity": None,
        "env_config": {
            "function_name": function.name,
            "memory": function.memory,
            "version": function.version,
            "log_stream": log_stream,
            "log_group": function.log_group,
        },
    }
