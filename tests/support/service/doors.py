"""The two doors of the service, as API Gateway and the Web Adapter open them for a key."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol
from urllib.parse import parse_qs

import httpx2
from mangum import Mangum

CONTEXT = "x-amzn-request-context"
Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Door(Protocol):
    def __call__(
        self, key: str | None, method: str, target: str, body: bytes = b"", headers: Headers = ()
    ) -> Answer: ...


def context(key: str | None) -> dict[str, Any]:
    """The part of API Gateway's context that tells of a caller."""
    return {"requestId": "r-1", "stage": "live", "identity": {"apiKeyId": key, "userArn": None}}


@dataclass(frozen=True)
class WebAdapterDoor:
    """Requests as the Web Adapter forwards them: its header in place of a client's.

    https://github.com/aws/aws-lambda-web-adapter/blob/main/src/lib.rs, `fetch_response`

    Attributes:
        appends: True for an adapter that leaves the client's headers where they are.
    """

    client: httpx2.Client
    appends: bool = False

    def __call__(
        self, key: str | None, method: str, target: str, body: bytes = b"", headers: Headers = ()
    ) -> Answer:
        sent = [(name, v) for name, v in headers if self.appends or name.lower() != CONTEXT]
        sent.append((CONTEXT, json.dumps(context(key))))
        answer = self.client.request(method, target, content=body, headers=sent)
        return Answer(answer.status_code, dict(answer.headers), answer.content)


@dataclass(frozen=True)
class MangumDoor:
    """Requests as API Gateway's REST events, payload format 1.0."""

    mangum: Mangum

    def __call__(
        self, key: str | None, method: str, target: str, body: bytes = b"", headers: Headers = ()
    ) -> Answer:
        path, _, query = target.partition("?")
        named: dict[str, list[str]] = {"host": ["api"]}
        for name, value in headers:
            named.setdefault(name, []).append(value)
        queries = parse_qs(query, keep_blank_values=True)
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": {name: values[-1] for name, values in named.items()},
            "multiValueHeaders": named,
            "queryStringParameters": {name: values[-1] for name, values in queries.items()},
            "multiValueQueryStringParameters": queries,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {**context(key), "httpMethod": method, "path": f"/live{path}"},
            "body": b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body),
        }
        told = self.mangum(event, SimpleNamespace(aws_request_id="r-1"))
        text = told["body"]
        content = b64decode(text) if told["isBase64Encoded"] else text.encode()
        return Answer(told["statusCode"], told["headers"], content)
