"""Hostile callers at a deployed stage with vLLM behind it, and an innocent one beside them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest
from openai import OpenAI

from tests.support.asking import QUESTION, asking_at_a_rate
from tests.support.hostile.corpus import CORPUS
from tests.support.hostile.largest import LARGEST
from tests.support.hostile.request import Hostile
from twin.local.cloud import LocalCloud
from twin.outputs import StageOutputs

PATIENCE_SECONDS = 10
RATE = 0.5
"""Innocent requests a second, of 4 tokens: at a token a second long answers fail by themselves."""


@pytest.fixture
def hostile(stage: StageOutputs, client: OpenAI, model: str) -> Iterator[httpx2.Client]:
    # A function that starts keeps its first callers waiting, whoever they are.
    client.chat.completions.create(model=model, messages=QUESTION, max_tokens=4)
    key = stage.api_key.get_secret_value()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    with httpx2.Client(
        base_url=f"{stage.openai_base_url}/", headers=headers, timeout=PATIENCE_SECONDS
    ) as client:
        yield client


def _sent(client: httpx2.Client, request: Hostile, model: str) -> str | tuple[int, str | None]:
    path = request.route.removeprefix("/v1/")
    try:
        answer = client.post(path, content=request.for_model(model))
    except httpx2.TimeoutException:
        return "left"
    refused = answer.status_code >= 400
    return answer.status_code, answer.json()["error"]["param"] if refused else None


def _engines(cloud: LocalCloud) -> set[int]:
    server = cloud.process()
    assert server is not None
    return {
        child.pid
        for child in server.children(recursive=True)
        if any("localcloud.engines" in part for part in child.cmdline())
    }


def test_no_hostile_request_is_answered_and_an_innocent_caller_notices_nothing(
    cloud: LocalCloud, hostile: httpx2.Client, client: OpenAI, model: str
):
    before = _engines(cloud)

    with asking_at_a_rate(client, model, RATE) as innocent:
        found = {request.name: _sent(hostile, request, model) for request in CORPUS}

    assert found == {request.name: (400, request.param) for request in CORPUS}
    assert [answer for answer in innocent if not isinstance(answer, str)] == []
    assert before <= _engines(cloud)  # scaling may have added one


def test_the_largest_requests_allowed_take_the_engine_from_nobody(
    cloud: LocalCloud, hostile: httpx2.Client, client: OpenAI, model: str
):
    before, began = _engines(cloud), time.monotonic()

    with asking_at_a_rate(client, model, RATE) as innocent:
        found = {request.name: _sent(hostile, request, model) for request in LARGEST}
        seconds = time.monotonic() - began

    print(Counter(map(str, found.values())), found)  # noqa: T201 - shown where it fails
    assert [name for name, sent in found.items() if sent[0] == 500] == []
    assert [answer for answer in innocent if not isinstance(answer, str)] == []
    assert len(innocent) >= min(len(LARGEST), RATE * seconds) / 2
    assert before <= _engines(cloud)  # scaling may have added one
