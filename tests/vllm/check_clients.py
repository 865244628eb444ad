"""The official `openai` client against the deployed stage, with vLLM behind it."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.asking import QUESTION
from tests.support.vllm_stage import CHECKPOINT
from twin.client.conversation import ask
from twin.local.deployment import LocalDeployment

ANSWER = (
    "An endpoint config lists the production variants of an endpoint: which model, which instance "
    "type and how many. It cannot be changed, only replaced."
)
"""What the demo model learned, and says through llama.cpp, too."""

SPACES = "\u0120\u010a\u0109\u010d"
"""Blank, line feed, tab and carriage return, as byte-level tokenizers write them."""

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 8}, "warm": {"type": "boolean"}},
    "required": ["city", "warm"],
    "additionalProperties": False,
}
TOOL: Any = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}


def test_an_answer_comes_in_one_piece(client: OpenAI, model: str):
    answer = client.chat.completions.create(model=model, messages=QUESTION, temperature=0)

    assert answer.choices[0].message.content == ANSWER
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == model
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_streamed_answer_is_the_same_text(client: OpenAI, model: str):
    pieces: list[str] = []

    reply = ask(client, model, QUESTION, pieces.append)

    assert reply.text == "".join(pieces) == ANSWER
    assert reply.tokens >= len(pieces) > 5


def test_a_response_is_the_same_text_whole_and_streamed(client: OpenAI, model: str):
    asked: dict[str, Any] = {"model": model, "input": QUESTION, "temperature": 0}

    whole = client.responses.create(**asked)
    events = list(client.responses.create(**asked, stream=True))

    assert whole.output_text == ANSWER
    assert whole.status == "completed"
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == ANSWER
    assert events[-1].type == "response.completed"


def test_an_older_completion_is_answered(client: OpenAI, model: str):
    answer = client.completions.create(model=model, prompt="What is a token?", max_tokens=8)

    assert answer.choices[0].text


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 2, "max_tokens": 5},
        {"stop": ["."]},
        {"logit_bias": {"5": -100}, "max_tokens": 5},
        {"response_format": {"type": "json_object"}, "max_tokens": 30},
        {"seed": 1, "top_p": 0.5, "frequency_penalty": 0.5, "max_completion_tokens": 5},
    ],
    ids=str,
)
def test_options_reach_the_engine(client: OpenAI, model: str, fields: dict[str, Any]):
    answer = client.chat.completions.create(model=model, messages=QUESTION, **fields)

    assert len(answer.choices) == fields.get("n", 1)
    assert all(choice.message.content for choice in answer.choices)


def test_logprobs_are_told(client: OpenAI, model: str):
    answer = client.chat.completions.create(
        model=model, messages=QUESTION, logprobs=True, top_logprobs=2, max_tokens=5
    )

    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert [len(token.top_logprobs) for token in logprobs.content or []] == [2] * 5


def test_an_answer_follows_a_schema(client: OpenAI, model: str):
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "weather", "schema": WEATHER}}

    answer = client.chat.completions.create(
        model=model, messages=QUESTION, response_format=wanted, temperature=0
    )

    found = json.loads(answer.choices[0].message.content or "")
    assert found.keys() == {"city", "warm"}
    assert isinstance(found["warm"], bool)


def _no_space(deployment: LocalDeployment) -> dict[str, int]:
    """A bias against tokens that are white space alone, which a small model repeats for ever."""
    tokenizer = json.loads((deployment.project / CHECKPOINT / "tokenizer.json").read_text())
    tokens = tokenizer["model"]["vocab"].items()
    return {str(number): -100 for token, number in tokens if {*token} <= {*SPACES}}


def test_a_tool_is_called_whole_and_streamed(
    deployment: LocalDeployment, client: OpenAI, model: str
):
    # With "required" a model this small calls again and again until the context is full.
    named = {"type": "function", "function": {"name": "weather"}}
    asked: dict[str, Any] = {"tools": [TOOL], "tool_choice": named, "temperature": 0}
    asked |= {"logit_bias": _no_space(deployment), "max_tokens": 200}

    whole = client.chat.completions.create(model=model, messages=QUESTION, **asked)
    with client.chat.completions.stream(model=model, messages=QUESTION, **asked) as stream:
        streamed = stream.get_final_completion()

    for answer in (whole, streamed):
        (call,) = answer.choices[0].message.tool_calls or []
        assert call.type == "function"
        assert call.function.name == "weather"
        assert json.loads(call.function.arguments).keys() == {"city", "warm"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": "x"}, "tools"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"stop": ["x"] * 5000}, "stop"),
        ({"n": 128}, "n"),
        ({"chat_template_kwargs": {"tokenize": True}}, "chat_template_kwargs.tokenize"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_malformed_field_is_refused_by_its_name(
    client: OpenAI, model: str, fields: dict[str, Any], param: str
):
    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(model=model, messages=QUESTION, extra_body=fields)

    assert refusal.value.param == param


def test_a_prompt_over_the_context_is_a_bad_request(client: OpenAI, model: str):
    with pytest.raises(openai.BadRequestError, match="context") as refusal:
        client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "word " * 5000}]
        )

    assert (refusal.value.code, refusal.value.param) == ("context_length_exceeded", "messages")


def test_an_answer_that_does_not_fit_beside_its_prompt_is_a_bad_request(client: OpenAI, model: str):
    with pytest.raises(openai.BadRequestError, match="context") as refusal:
        client.chat.completions.create(model=model, messages=QUESTION, max_tokens=1020)

    assert refusal.value.code == "context_length_exceeded"
