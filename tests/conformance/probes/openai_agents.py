"""OpenAI's Agents SDK."""

from __future__ import annotations

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
    city: str
    degrees: int


@function_tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


def ask(model, **fields):
    agent = Agent(
        name="twin", instructions="Be brief.", model=model, model_settings=ModelSettings(), **fields
    )
    return Runner.run_sync(agent, QUESTION).final_output


def chat():
    assert ask(chats)


def tools():
    assert ask(chats, tools=[weather])


def structured():
    assert ask(chats, output_type=Weather).city == "Paris"


def responses():
    assert ask(responder)


def responses_tools():
    assert ask(responder, tools=[weather])


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
