"""Requests that are let through, and the hostile ones that are not, over HTTP and in a batch."""

from __future__ import annotations

import json
import typing

import pytest
from openai.types.chat import completion_create_params
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

from lambda_api.admission import bounds
from lambda_api.admission.fields import OPENAI, SAMPLERS
from lambda_api.admission.request import Admission
from lambda_api.admission.values import InvalidRequestError
from lambda_api.batches.lines.validation import InputCheck
from lambda_api.batches.schemas import EndpointPath
from lambda_api.engine.served_models import ServedModels
from tests.support.hostile.corpus import CORPUS
from tests.support.hostile.largest import LARGEST
from tests.support.hostile.request import MODEL, QUESTION, WEDGE, Hostile
from tests.support.service.batch_world import jsonl, request
from tests.support.service.responses_app import ResponsesApp, responses_app

BASE = {"model": MODEL, "messages": QUESTION}


def check(engine_fields=(), **fields):
    Admission(frozenset(engine_fields)).check(BASE | fields)


def refusal(engine_fields=(), **fields):
    with pytest.raises(InvalidRequestError) as raised:
        check(engine_fields, **fields)
    return raised.value.param


@pytest.fixture(scope="module")
def service():
    with responses_app() as app:
        yield app


def test_the_corpus_is_large_and_says_each_attack_once():
    names = [hostile.name for hostile in CORPUS]

    assert len(names) >= 40
    assert len({*names}) == len(names)


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name)
def test_a_hostile_request_never_reaches_the_engine(service: ResponsesApp, hostile: Hostile):
    service.reset()
    headers = {"content-type": "application/json"}
    answer = service.client.post(hostile.route, content=hostile.body.encode(), headers=headers)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, hostile.param)
    assert len(answer.content) < 1_000
    assert service.upstream.payloads == []


@pytest.mark.parametrize(
    "hostile", [h for h in CORPUS if h.route == "/v1/responses"], ids=lambda hostile: hostile.name
)
def test_a_hostile_request_never_reaches_the_queue(service: ResponsesApp, hostile: Hostile):
    service.reset()
    body = json.loads(hostile.body) | {"background": True}
    answer = service.client.post(hostile.route, json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, hostile.param)
    assert service.queue.requests == {}
    assert service.store.objects == {}


@pytest.mark.parametrize("largest", LARGEST, ids=lambda largest: largest.name)
def test_what_is_just_within_the_bounds_passes(largest: Hostile):
    Admission().check(json.loads(largest.body))


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_no_batch_has_a_hostile_line(path: EndpointPath):
    hostiles = [h for h in CORPUS if h.route == path]
    lines = [
        b'{"custom_id":"%d","method":"POST","url":"%b","body":%b}'
        % (number, path.encode(), hostile.body.encode())
        for number, hostile in enumerate(hostiles)
    ]
    good = request("good", path)
    for_all = InputCheck(path, ServedModels(MODEL), 6 * 2**20)

    jobs = [*for_all.jobs([*lines, jsonl([good]).strip()])]

    assert [json.loads(job)["id"] for job in jobs] == ["good"]
    assert for_all.wrong == len(hostiles) > 0


def test_every_field_of_openais_is_known():
    ours = OPENAI.keys() | {
        "messages", "functions", "tools", "tool_choice", "response_format", "stop", "logit_bias",
    }  # fmt: skip
    theirs = typing.get_type_hints(CompletionCreateParamsStreaming).keys()

    assert ours == theirs
    assert completion_create_params.CompletionCreateParamsBase.__annotations__.keys() <= ours


def test_fields_of_samplers_are_none_of_openais():
    assert not OPENAI.keys() & SAMPLERS.keys()


@pytest.mark.parametrize(
    "fields",
    [
        {"top_k": 40, "min_p": 0.05, "repetition_penalty": 1.1, "stop_token_ids": [2, 128009]},
        {"top_k": 40.0, "seed": -1, "n": 2, "max_tokens": 1000, "stop": None},
        {"stop": ["\n\n", "END"], "logit_bias": {"50256": -100}, "top_logprobs": 20},
        {"chat_template_kwargs": {"enable_thinking": False, "thinking_budget": 512}},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "text"}},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"tool_choice": "required"},
        {
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "auto",
                    "tools": [{"type": "function", "function": {"name": "f"}}],
                },
            }
        },
        {"metadata": {"run": "7"}, "user": "u", "store": False, "service_tier": "auto"},
        {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
    ],
)
def test_requests_of_every_day_pass(fields):
    check(**fields)


def test_a_tool_may_have_no_parameters():
    check(tools=[{"type": "function", "function": {"name": "now", "description": "The time"}}])


def test_config_lets_engine_fields_through_and_they_are_bounded_still():
    names = {"grammar", "json_schema", "structured_outputs", "lora"}
    check(names, grammar='root ::= ("a" | "b")', lora=[{"id": 0, "scale": 1.0}])
    check(names, structured_outputs={"regex": "[a-z]+", "json": {"type": "string"}})

    assert refusal(names, grammar="(" * 60_000) == "grammar"
    assert refusal(names, grammar="x" * (bounds.OTHER_BYTES + 1)) == "grammar"
    assert refusal(names, json_schema={"pattern": WEDGE}) == "json_schema"
    assert refusal(names, structured_outputs={"regex": WEDGE}) == "structured_outputs.regex"
    assert (
        refusal(names, structured_outputs={"json": {"pattern": WEDGE}}) == "structured_outputs.json"
    )
    assert refusal(names, lora=[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]) == "lora"
    assert refusal(names, cache_prompt=True) == "cache_prompt"


def test_the_bound_of_several_answers_is_their_tokens_together():
    check(n=8, max_tokens=bounds.TOKENS_OF_ALL_CHOICES // 8)
    check(n=1, max_tokens=bounds.TOKENS_OF_ALL_CHOICES * 2)

    assert refusal(n=8, max_completion_tokens=bounds.TOKENS_OF_ALL_CHOICES // 8 + 1) == "n"


def test_schemas_of_one_request_are_counted_together():
    half = {"enum": list(range(bounds.SCHEMA_ENUM // 2 + 1))}
    tools = [{"type": "function", "function": {"name": "f", "parameters": half}}]
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": half}}
    check(tools=tools)
    check(response_format=wanted)

    assert refusal(tools=tools, response_format=wanted) == "response_format.json_schema.schema"
