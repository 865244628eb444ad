"""The official Python client."""

from __future__ import annotations

import json
from typing import Literal

import openai
from probing import KEY, MODEL, QUESTION, URL, run
from pydantic import BaseModel

client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)
ASK = [{"role": "user", "content": QUESTION}]
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"enum": ["Paris"]}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
FORCED = {"type": "function", "function": {"name": "weather"}}


class Weather(BaseModel):
    city: Literal["Paris"]
    degrees: Literal[20]


def chat():
    answer = client.chat.completions.create(model=MODEL, messages=ASK)
    assert answer.choices[0].message.content and answer.usage.total_tokens


def stream():
    options = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=ASK, stream=True, stream_options=options
        )
    )
    assert len([c for c in chunks if c.choices and c.choices[0].delta.content]) > 1
    assert chunks[-1].usage.total_tokens


def tools():
    first = client.chat.completions.create(
        model=MODEL, messages=ASK, tools=[TOOL], tool_choice=FORCED
    )
    call = first.choices[0].message.tool_calls[0]
    turns = [
        *ASK,
        first.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ]
    assert (
        client.chat.completions.create(model=MODEL, messages=turns, tools=[TOOL])
        .choices[0]
        .message.content
    )


def tools_streamed():
    with client.chat.completions.stream(
        model=MODEL, messages=ASK, tools=[TOOL], tool_choice=FORCED
    ) as events:
        final = events.get_final_completion()
    call = final.choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Paris"}


def structured():
    answer = client.chat.completions.parse(model=MODEL, messages=ASK, response_format=Weather)
    assert answer.choices[0].message.parsed.city == "Paris"


def responses():
    answer = client.responses.create(model=MODEL, input=QUESTION)
    assert answer.output_text and answer.usage.total_tokens


def responses_streamed():
    with client.responses.stream(model=MODEL, input=QUESTION) as events:
        kinds = [event.type for event in events]
        assert events.get_final_response().output_text
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"


def responses_tools():
    tool = {"type": "function", **TOOL["function"]}
    forced = {"type": "function", "name": "weather"}
    first = client.responses.create(model=MODEL, input=QUESTION, tools=[tool], tool_choice=forced)
    (call,) = [item for item in first.output if item.type == "function_call"]
    turns = [
        {"role": "user", "content": QUESTION},
        call.model_dump(exclude_none=True),
        {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"},
    ]
    assert client.responses.create(model=MODEL, input=turns, tools=[tool]).output_text


def responses_structured():
    assert client.responses.parse(
        model=MODEL, input=QUESTION, text_format=Weather
    ).output_parsed.city


def models():
    (model,) = client.models.list().data
    assert client.models.retrieve(model.id).id == model.id


def completions():
    assert client.completions.create(model=MODEL, prompt=QUESTION).choices[0].text


def errors():
    try:
        client.chat.completions.create(model="gpt-99", messages=ASK)
    except openai.NotFoundError as error:
        assert error.code == "model_not_found"
        return
    raise AssertionError("an unknown model was answered")


run(
    chat=chat,
    stream=stream,
    tools=tools,
    tools_streamed=tools_streamed,
    structured=structured,
    responses=responses,
    responses_streamed=responses_streamed,
    responses_tools=responses_tools,
    responses_structured=responses_structured,
    models=models,
    completions=completions,
    errors=errors,
)
