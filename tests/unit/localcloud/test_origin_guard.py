from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from localcloud.asgi import Message, Receive, Scope, Send
from localcloud.origin_guard import OriginGuard

DEPLOYED = "/_aws/execute-api/abc/live/v1/models"
FUNCTIONS = "/2015-03-31/functions"
WILDCARD = (b"access-control-allow-origin", b"*")


async def permissive(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer like ministack: whoever asks may, and may read it."""
    headers = [(b"content-type", b"text/plain"), WILDCARD, (b"Access-Control-Max-Age", b"9")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"done"})


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def ask(path: str, *headers: tuple[str, str], kind: str = "http") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    lines = [(name.encode(), value.encode()) for name, value in headers]
    scope: dict[str, Any] = {"type": kind, "path": path, "headers": lines}
    asyncio.run(OriginGuard(permissive, 4566)(scope, receive, send))
    return sent


def status(path: str, *headers: tuple[str, str]) -> int:
    return int(ask(path, *headers)[0]["status"])


OWN = ("host", "127.0.0.1:4566")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:4566",
        "localhost:4566",
        "LOCALHOST:4566",
        "[::1]:4566",
        "bucket.localhost:4566",
        "bucket.s3.us-east-1.localhost:4566",
        "abcdef01.execute-api.localhost:4566",
        "bucket.s3.amazonaws.com",
        "my.bucket.s3.eu-west-1.amazonaws.com",
    ],
)
def test_own_names_are_answered(host: str) -> None:
    assert status(FUNCTIONS, ("host", host)) == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example:4566",
        "attacker.example",
        "bucket.s3.amazonaws.com.attacker.example",
        "bucket.s3.attacker.amazonaws.com",
        "lambda.us-east-1.amazonaws.com",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:45660",
        "127.0.0.1.attacker.example:4566",
        "localhost.attacker.example:4566",
        "attackerlocalhost:4566",
        "localhost:4566.attacker.example",
        "localhost:4566\n",
        "a.localhost:4566\n",
        "0.0.0.0:4566",
        "",
    ],
)
@pytest.mark.parametrize("path", [FUNCTIONS, DEPLOYED])
def test_name_that_a_page_made_point_here_is_refused(path: str, host: str) -> None:
    assert status(path, ("host", host)) == 421


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1:4566", "attacker.example"]])
def test_one_host_is_named(hosts: list[str]) -> None:
    assert status(FUNCTIONS, *(("host", host) for host in hosts)) == 421


@pytest.mark.parametrize(
    "header",
    [
        ("origin", "https://attacker.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:3000"),
        ("origin", "http://127.0.0.1:45660"),
        ("origin", "http://localhost:4566"),
        ("origin", ""),
        ("Origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "Cross-Site"),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        FUNCTIONS,
        "/",
        "/_localcloud/health",
        "/_ministack/reset",
        "/endpoints/demo/invocations",
        "/api/v1/query",
        "/_aws/execute-api/abc",
        "/_aws/execute-api//live/x",
        "/_aws/lambda-url/abc/",
        "/bucket/_aws/execute-api/abc/live/x",
    ],
)
def test_other_origins_page_reaches_no_api_of_awss(path: str, header: tuple[str, str]) -> None:
    assert status(path, OWN, header) == 403


def test_one_foreign_origin_of_two_is_enough() -> None:
    assert status(FUNCTIONS, OWN, ("origin", "http://127.0.0.1:4566"), ("origin", "null")) == 403


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("origin", "http://127.0.0.1:4566"), ("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "none")],
    ],
)
def test_sdk_and_own_page_reach_awss_apis_and_nobody_is_told_that_all_may(
    headers: list[tuple[str, str]],
) -> None:
    start = ask(FUNCTIONS, OWN, *headers)[0]
    assert (start["status"], start["headers"]) == (200, [(b"content-type", b"text/plain")])


@pytest.mark.parametrize("origin", ["https://app.example", "null"])
def test_deployed_api_answers_by_its_own_cors(origin: str) -> None:
    start = ask(DEPLOYED, OWN, ("origin", origin), ("sec-fetch-site", "cross-site"))[0]
    assert start["status"] == 200
    assert WILDCARD in start["headers"]


def test_host_that_ministack_routes_by_opens_no_deployed_path() -> None:
    host = ("host", "x.us-east-1.aoss.localhost:4566")
    assert status(DEPLOYED, host, ("origin", "null")) == 403


def test_refusal_says_what_was_wrong_and_what_is_allowed() -> None:
    start, body = ask(FUNCTIONS, OWN, ("origin", "null"))
    message = json.loads(body["body"])["message"]
    assert "Origin: got 'null'; must be left out, or http://127.0.0.1:4566" in message
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()


@pytest.mark.parametrize("header", [("host", "attacker.example"), ("origin", "null")])
def test_websocket_of_another_page_is_closed_before_it_opens(header: tuple[str, str]) -> None:
    headers = [header] if header[0] == "host" else [OWN, header]
    (closed,) = ask("/", *headers, kind="websocket")
    assert closed["type"] == "websocket.close"
