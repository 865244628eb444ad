"""Prometheus' HTTP API as CloudWatch answers, below the paths of the origin.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-PromQL-APIs.html
https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from localcloud.asgi import Receive, Scope, Send
from localcloud.awsjson.service import Scope as Account
from localcloud.promql.expression import NotEmulatedError, parse
from localcloud.promql.series import Sample, SeriesStore

PATH = re.compile(r"/api/v1/(query|query_range|series|labels|label/[^/]+/values)")
"""The paths that CloudWatch answers; `query` alone is emulated."""

ACTIONS = ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")
"""Actions that a query needs: https://docs.aws.amazon.com/grafana/latest/userguide/cloudwatch-promql.html"""

_PARAMETERS = {"query"}


class BadRequestError(Exception):
    """The parameters are not usable."""


class QueryApi:
    """Answers queries; an ASGI application. Set the request's scope before calling it.

    Args:
        series: what is asked for.
        authorize: raises PermissionError for a request whose caller may not do `ACTIONS`.
    """

    def __init__(self, series: SeriesStore, authorize: Callable[[Scope], None]) -> None:
        self._series = series
        self._authorize = authorize

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            self._authorize(scope)
            query = _query(scope, await _body(receive))
            found = self._series.evaluate(Account.of_request(), parse(query))
        except (BadRequestError, NotEmulatedError) as error:
            document = {"status": "error", "errorType": "bad_data", "error": str(error)}
            await _send(send, HTTPStatus.BAD_REQUEST, document)
        except PermissionError as error:
            document = {"status": "error", "errorType": "forbidden", "error": str(error)}
            await _send(send, HTTPStatus.FORBIDDEN, document)
        else:
            data = {"resultType": "vector", "result": [_shown(sample) for sample in found]}
            await _send(send, HTTPStatus.OK, {"status": "success", "data": data})


def _query(scope: Scope, body: bytes) -> str:
    """Find the expression where the method has it."""
    operation = scope["path"].rpartition("/v1/")[2]
    if operation != "query":
        raise BadRequestError(f"not emulated: {operation}; emulated: query")
    raw: bytes = scope["query_string"] if scope["method"] == "GET" else body
    given = parse_qs(raw.decode(errors="replace"))
    if unknown := sorted(given.keys() - _PARAMETERS):
        raise BadRequestError(f"not emulated: {', '.join(unknown)}; emulated: query")
    queries = given.get("query", [])
    if len(queries) != 1:
        raise BadRequestError(f"query: got {queries}; must be given once")
    return queries[0]


def _shown(sample: Sample) -> dict[str, Any]:
    value = repr(sample.value).removesuffix(".0")
    return {"metric": dict(sample.labels), "value": [round(time.time(), 3), value]}


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _send(send: Send, status: HTTPStatus, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
