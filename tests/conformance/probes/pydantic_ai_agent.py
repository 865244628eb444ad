"""Pydantic AI."""

from __future__ import annotations

from typing import Literal

from probing import KEY, MODEL, QUESTION, URL, run
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

provider = OpenAIProvider(base_url=URL, api_key=KEY)
chats = OpenAIChatModel(MODEL, provider=provider)
responder = OpenAIResponsesModel(MODEL, provider=provider)


class Weather(BaseModel):
    city: Literal["Paris"]
    degrees: Literal[20]


class WeatherFirst(AbstractCapability):
    """Forces the tool's call in the first step, and lets the model answer in the next."""

    def get_model_settings(self):
        return lambda step: {"tool_choice": ["weather"] if step.run_step == 1 else "auto"}


def weather(city: Literal["Paris"]) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


def chat():
    assert Agent(chats).run_sync(QUESTION).output


def ask_for_tool(model):
    run = Agent(model, tools=[weather], capabilities=[WeatherFirst()]).run_sync(QUESTION)
    assert run.output and run.usage.tool_calls == 1


def tools():
    ask_for_tool(chats)


def structured():
    assert Agent(chats, output_type=NativeOutput(Weather)).run_sync(QUESTION).output.city == "Paris"


def responses():
    assert Agent(responder).run_sync(QUESTION).output


def responses_tools():
    ask_for_tool(responder)


run(
    chat=chat,
    tools=tools,
    structured=structured,
    responses=responses,
    responses_tools=responses_tools,
)
