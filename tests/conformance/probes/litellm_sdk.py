"""LiteLLM's SDK."""

from __future__ import annotations

from typing import Literal

import litellm
from probing import KEY, MODEL, QUESTION, URL, run
from pydantic import BaseModel

ASK = {
    "model": f"openai/{MODEL}",
    "api_base": URL,
    "api_key": KEY,
    "messages": [{"role": "user", "content": QUESTION}],
    "num_retries": 0,
}
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"enum": ["Paris"]}}},
    },
}


class Weather(BaseModel):
    city: Literal["Paris"]
    degrees: Literal[20]


def chat():
    assert litellm.completion(**ASK).choices[0].message.content


def stream():
    chunks = list(litellm.completion(**ASK, stream=True))
    assert len([chunk for chunk in chunks if chunk.choices[0].delta.content]) > 1


def tools():
    forced = {"type": "function", "function": {"name": "weather"}}
    answer = litellm.completion(**ASK, tools=[TOOL], tool_choice=forced)
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.name == "weather"


def structured():
    content = litellm.completion(**ASK, response_format=Weather).choices[0].message.content
    assert Weather.model_validate_json(content).city == "Paris"


def responses():
    answer = litellm.responses(model=f"openai/{MODEL}", input=QUESTION, api_base=URL, api_key=KEY)
    assert answer.output[-1].content[0].text


def completions():
    answer = litellm.text_completion(
        model=f"text-completion-openai/{MODEL}", prompt=QUESTION, api_base=URL, api_key=KEY
    )
    assert answer.choices[0].text


run(
    chat=chat,
    stream=stream,
    tools=tools,
    structured=structured,
    responses=responses,
    completions=completions,
)
