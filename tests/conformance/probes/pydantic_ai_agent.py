"""Pydantic AI."""

from __future__ import annotations

from probing import KEY, MODEL, QUESTION, URL, run
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

provider = OpenAIProvider(base_url=URL, api_key=KEY)
chats = OpenAIChatModel(MODEL, provider=provider)
responder = OpenAIResponsesModel(MODEL, provider=provider)


class Weather(BaseModel):
    city: str
    degrees: int


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


def chat():
    assert Agent(chats).run_sync(QUESTION).output


def tools():
    assert Agent(chats, tools=[weather]).run_sync(QUESTION).output


def structured():
    assert Agent(chats, output_type=Weather).run_sync(QUESTION).output.city == "Paris"


def responses():
    assert Agent(responder).run_sync(QUESTION).output


def responses_tools():
    assert Agent(responder, tools=[weather]).run_sync(QUESTION).output


run(
    chat=chat,
    tools=tools,
    structured=structured,
    responses=responses,
    responses_tools=responses_tools,
)
