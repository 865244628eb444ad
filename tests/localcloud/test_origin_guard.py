"""A web page in the developer's browser, and what of the local cloud it reaches."""

from __future__ import annotations

import base64
import json
import uuid

import httpx2
import pytest

from tests.support.eventually import LONG
from tests.support.localcloud.cloud import ROLE, Cloud, package
from tests.support.localcloud.streaming_api import deploy, key

FUNCTIONS = "/2015-03-31/functions"
PAGE = {"Origin": "https://attacker.example", "Sec-Fetch-Site": "cross-site"}
HANDLER = "def handler(event, context):\n    return 'ran'\n"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "attacker.example"},
    ],
)
def test_page_creates_no_function(cloud: Cloud, headers: dict[str, str]) -> None:
    name = f"planted-{uuid.uuid4().hex[:8]}"
    function = {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Handler": "planted.handler",
        "Role": ROLE,
        "Code": {"ZipFile": base64.b64encode(package({"planted.py": HANDLER})).decode()},
    }

    # No page can have it. Without it IAM would refuse what the guard let pass.
    scope = f"{cloud.settings.account}/20300101/us-east-1/lambda/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"

    def create(**more: str) -> int:
        plain = {"Content-Type": "text/plain", "Authorization": signature, **more}
        request = {"content": json.dumps(function), "headers": plain, "timeout": LONG}
        return httpx2.post(cloud.url(FUNCTIONS), **request).status_code

    def planted() -> bool:
        listed = cloud.client("lambda").list_functions()["Functions"]
        return name in [function["FunctionName"] for function in listed]

    assert create(**headers) in (403, 421)
    assert not planted()
    assert create() == 201, "the same request of no page is a good one"
    assert planted()


@pytest.mark.parametrize("path", [FUNCTIONS, "/", "/endpoints/x/invocations", "/api/v1/query"])
def test_no_page_gets_leave_by_a_preflight_or_reads_an_answer(cloud: Cloud, path: str) -> None:
    asked = {**PAGE, "Access-Control-Request-Method": "POST"}
    assert httpx2.options(cloud.url(path), headers=asked).status_code == 403
    for headers in ({}, PAGE):
        answer = httpx2.get(cloud.url(path), headers=headers, timeout=LONG)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_page_reaches_a_deployed_api_and_reads_what_that_one_allows(cloud: Cloud) -> None:
    api = deploy(cloud)
    headers = {**PAGE, "Authorization": f"Bearer {key(api)}"}
    answer = httpx2.get(f"{api.url}/v1/echo", headers=headers, timeout=LONG)
    assert answer.status_code == 200
    assert answer.json()["headers"]["origin"] == PAGE["Origin"]
    assert "access-control-allow-origin" not in answer.headers
