"""The official `openai` client against the deployed stage."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import boto3
import httpx2
import openai
import psutil
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from localcloud.settings import Settings
from tests.support.eventually import LONG
from twin.client.conversation import ask
from twin.local.cloud import LocalCloud
from twin.outputs import StageOutputs

QUESTION: list[ChatCompletionMessageParam] = [
    {"role": "user", "content": "What is an endpoint config?"}
]


@contextmanager
def connected(settings: Settings) -> Iterator[Any]:
    """A client of the cloud's SageMaker Runtime, past the API."""
    runtime = boto3.client(
        "sagemaker-runtime",
        endpoint_url=settings.origin,
        region_name=settings.region,
        aws_access_key_id=settings.account,
        aws_secret_access_key="local",
    )
    with closing(runtime):
        yield runtime


def test_an_answer_comes_in_one_piece(client: OpenAI, model: str):
    answer = client.chat.completions.create(model=model, messages=QUESTION, temperature=0)

    assert "endpoint" in (answer.choices[0].message.content or "").lower()
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == model
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 5


def test_tokens_arrive_as_they_are_made(client: OpenAI, model: str):
    arrivals: list[float] = []

    reply = ask(client, model, QUESTION, lambda _: arrivals.append(time.perf_counter()))

    assert "endpoint" in reply.text.lower()
    assert reply.tokens >= len(arrivals) > 5
    assert len({round(arrival, 4) for arrival in arrivals}) > len(arrivals) / 2


def test_the_two_ways_give_the_same_text(client: OpenAI, model: str):
    whole = client.chat.completions.create(model=model, messages=QUESTION, temperature=0)

    assert ask(client, model, QUESTION, lambda _: None).text == whole.choices[0].message.content


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"n": 2, "max_tokens": 5},
        {"logprobs": True, "top_logprobs": 2, "max_tokens": 5},
        {"stop": ["."]},
        {"response_format": {"type": "json_object"}, "max_tokens": 30},
    ],
    ids=str,
)
def test_an_assembled_answer_is_the_one_the_engine_sends_whole(
    cloud: LocalCloud, client: OpenAI, model: str, fields: dict[str, Any]
):
    asked = {"messages": QUESTION, "temperature": 0, "seed": 1, **fields}
    with connected(cloud.settings) as runtime:
        body = runtime.invoke_endpoint(
            EndpointName="twin-local", ContentType="application/json", Body=json.dumps(asked)
        )["Body"]
    engines = ChatCompletion.model_validate_json(body.read())

    ours = client.chat.completions.create(model=model, **asked)

    assert ours.choices == engines.choices
    assert ours.model_dump().keys() == engines.model_dump().keys()
    assert ours.usage is not None
    assert engines.usage is not None
    assert ours.usage.completion_tokens == engines.usage.completion_tokens
    assert ours.usage.prompt_tokens == engines.usage.prompt_tokens


def test_a_field_that_reaches_into_the_engine_is_refused(client: OpenAI, model: str):
    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(
            model=model,
            messages=QUESTION,
            extra_body={"grammar": 'root ::= "blue"'},
        )

    assert (refusal.value.code, refusal.value.param) == ("unknown_parameter", "grammar")


def test_a_sampler_reaches_the_engine(client: OpenAI, model: str):
    answer = client.chat.completions.create(
        model=model, messages=QUESTION, max_tokens=40, extra_body={"ignore_eos": True}
    )

    assert answer.usage is not None
    assert answer.usage.completion_tokens == 40


@pytest.mark.parametrize("key", ["wrong", "wrong-but-as-long-as-a-key-may-be"])
def test_a_wrong_key_is_refused(stage: StageOutputs, model: str, key: str):
    client = OpenAI(base_url=stage.openai_base_url, api_key=key)

    with client, pytest.raises(openai.AuthenticationError) as refusal:
        client.chat.completions.create(model=model, messages=QUESTION)

    assert refusal.value.code == "invalid_api_key"


def test_no_key_is_refused(stage: StageOutputs):
    answer = httpx2.get(f"{stage.openai_base_url}/models", timeout=LONG)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"hello"', b"\xff\xfe", b'{"model": "twin-demo"}']
)
def test_rubbish_is_a_bad_request(stage: StageOutputs, body: bytes):
    answer = httpx2.post(
        f"{stage.openai_base_url}/chat/completions",
        content=body,
        headers={
            "Authorization": f"Bearer {stage.api_key.get_secret_value()}",
            "Content-Type": "application/json",
        },
        timeout=LONG,
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_an_unknown_model_is_not_found(client: OpenAI):
    with pytest.raises(openai.NotFoundError) as refusal:
        client.chat.completions.create(model="gpt-99", messages=QUESTION)

    assert refusal.value.code == "model_not_found"


def test_a_prompt_over_the_context_is_a_bad_request(client: OpenAI, model: str):
    long: list[ChatCompletionMessageParam] = [{"role": "user", "content": "word " * 5000}]

    with pytest.raises(openai.BadRequestError, match="context") as refusal:
        client.chat.completions.create(model=model, messages=long)

    assert (refusal.value.code, refusal.value.param) == ("context_length_exceeded", "messages")


def test_an_image_for_a_model_of_text_is_a_bad_request(client: OpenAI, model: str):
    picture: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}
    ]

    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(model=model, messages=picture)

    assert refusal.value.param == "messages[0].content[0].type"


def test_open_routes_need_no_key(stage: StageOutputs):
    assert httpx2.get(f"{stage.api_url}health", timeout=LONG).status_code == 200
    assert "/live/openapi.json" in httpx2.get(f"{stage.api_url}docs", timeout=LONG).text
    assert httpx2.get(f"{stage.api_url}openapi.json", timeout=LONG).json()["info"]["title"]


def test_an_engine_killed_mid_stream_is_seen_and_replaced(
    cloud: LocalCloud, client: OpenAI, model: str
):
    patient = client.with_options(max_retries=8)
    # On busy cores the engine can have made the whole answer before this process gets its turn.
    assert any(_breaks_off(cloud, patient, model) for _ in range(ATTEMPTS))

    answer = patient.chat.completions.create(model=model, messages=QUESTION, temperature=0)
    assert "endpoint" in (answer.choices[0].message.content or "").lower()


ATTEMPTS = 10


def _breaks_off(cloud: LocalCloud, client: OpenAI, model: str) -> bool:
    """Kill the engines as the longest answer begins, and tell whether the client saw it break."""
    engines = _engines(cloud)
    answer = client.chat.completions.create(
        model=model, messages=QUESTION, stream=True, extra_body={"ignore_eos": True}, max_tokens=900
    )
    try:
        for _ in answer:
            for engine in engines:
                with suppress(psutil.NoSuchProcess):
                    engine.kill()
    except openai.APIError:
        return True
    return False


def _engines(cloud: LocalCloud) -> list[psutil.Process]:
    server = cloud.process()
    assert server is not None
    return [
        child
        for child in server.children(recursive=True)
        if any("localcloud.engines" in part for part in child.cmdline())
    ]
