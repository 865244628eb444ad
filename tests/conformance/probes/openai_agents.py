"""OpenAI's Agents SDK."""

from __future__ import annotations

from typing import Literal

from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from probing import KEY, MODEL, QUESTION, URL, run
from pydantic import BaseModel

set_tracing_disabled(True)
client = AsyncOpenAI(base_url=URL, api_key=KEY, max_retries=0)
chats = OpenAIChatCompletionsModel(model=MODEL, openai_client=client)
responder = OpenAIResponsesModel(model=MODEL, openai_client=client)


class Weather(BaseModel):
    city: Literal["Paris"]
    degrees: Literal[20]


@function_tool
def weather(city: Literal["Paris"]) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


def ask(model, **fields):
    agent = Agent(name="twin", instructions="Be brief.", model=model, **fields)
    return Runner.run_sync(agent, QUESTION).final_output


def ask_for_tool(model):
    forced = ModelSettings(tool_choice="weather")
    return ask(model, tools=[weather], model_settings=forced)


def chat():
    assert ask(chats)


def tools():
    assert ask_for_tool(chats)


def structured():
    assert ask(chats, output_type=Weather).city == "Paris"


def responses():
    assert ask(responder)


def responses_tools():
    assert ask_for_tool(responder)


def responses_structured():
    assert ask(responder, output_type=Weather).city == "Paris"


run(
    chat=chat,
    tools=tools,
    structured=structured,
    responses=responses,
    responses_tools=responses_tools,
    responses_structured=responses_structured,
)
