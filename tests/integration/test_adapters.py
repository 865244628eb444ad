"""An adapter is selected by `model` on every route; fakes stand for the engine and its queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.support.service.batch_world import World, requests
from tests.support.service.fake_queue import FakeQueue, answer
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_store import MemoryStore
from tests.support.service.responses_app import ASYNC

NONE, PAUL, MARY = ({"lora": [{"id": n, "scale": s}]} for n, s in ((0, 0), (0, 1), (1, 1)))
SELECTORS = {"twin": NONE, "twin:paul": PAUL, "twin:mary": MARY}
MESSAGES = [{"role": "user", "content": "hi"}]


@pytest.fixture
def upstream() -> FakeUpstream:
    return FakeUpstream(answer())


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue(MemoryStore())


@pytest.fixture
def client(upstream: FakeUpstream, queue: FakeQueue) -> Iterator[TestClient]:
    settings = Settings(
        stage="local",
        endpoint_name="twin-local",
        model_id="twin",
        engine="llama-cpp",
        model_selectors=SELECTORS,
        **ASYNC,
    )
    app = create_app(settings, upstream, responses_store=queue.store, queue=queue)
    with TestClient(app) as client:
        yield client


def test_all_models_are_listed_and_found(client: TestClient) -> None:
    listed = client.get("/v1/models").json()["data"]
    assert [model["id"] for model in listed] == ["twin", "twin:paul", "twin:mary"]
    assert client.get("/v1/models/twin:mary").json() == listed[2]
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["CompletionRequest"]["properties"]["model"]["enum"] == [
        "twin",
        "twin:paul",
        "twin:mary",
    ]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/chat/completions", {"messages": MESSAGES}),
        ("/v1/completions", {"prompt": "hi"}),
        ("/v1/responses", {"input": "hi"}),
    ],
)
def test_model_selects_and_names_the_answer(
    client: TestClient, upstream: FakeUpstream, path: str, fields: dict[str, Any]
) -> None:
    for model, selected in (("twin:mary", MARY), ("twin", NONE)):
        answered = client.post(path, json={"model": model, **fields}).json()
        asked = json.loads(upstream.payloads[-1])
        assert answered["model"] == model
        assert {key: asked[key] for key in ("lora", "model") if key in asked} == selected
    unknown = client.post(path, json={"model": "twin:peter", **fields})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


def test_a_caller_cannot_mix_adapters(client: TestClient, upstream: FakeUpstream) -> None:
    for model in ("twin", "twin:paul"):
        asked = {"model": model, "messages": MESSAGES, "lora": [{"id": 1, "scale": 9}]}
        refused = client.post("/v1/chat/completions", json=asked)
        assert refused.json()["error"]["code"] == "unknown_parameter"
    assert upstream.payloads == []


def test_background_responses_select_too(client: TestClient, queue: FakeQueue) -> None:
    asked = {"model": "twin:paul", "input": "hi", "background": True}
    response = client.post("/v1/responses", json=asked).json()
    (payload,) = queue.requests.values()
    assert response["model"] == "twin:paul"
    assert json.loads(payload)["lora"] == PAUL["lora"]


def test_lines_of_a_batch_select_each_for_itself() -> None:
    world = World(model_selectors=SELECTORS)
    models = ["twin", "twin:paul", "twin:mary"]
    lines = [json.loads(line) for line in requests(3).splitlines()]
    for line, model in zip(lines, models, strict=True):
        line["body"]["model"] = model
    batch = world.submit(b"\n".join(json.dumps(line).encode() for line in lines))
    step = world.prepare(batch)
    world.transform(step)
    world.collect(batch, step)
    output = world.lines(world.get(batch).output_file_id)
    assert [line["response"]["body"]["model"] for line in output] == models


def test_a_line_for_an_unknown_adapter_fails_the_batch() -> None:
    world = World(model_selectors=SELECTORS)
    batch = world.submit(requests(1).replace(b'"twin"', b'"twin:peter"'))
    world.prepare(batch)
    errors = world.get(batch).errors
    assert errors is not None
    assert errors.data[0].code == "model_not_found"
