"""LangChain's OpenAI integration."""

from __future__ import annotations

from typing import Literal

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from probing import KEY, MODEL, QUESTION, URL, run
from pydantic import BaseModel

llm = ChatOpenAI(base_url=URL, api_key=KEY, model=MODEL, max_retries=0)
responder = ChatOpenAI(
    base_url=URL, api_key=KEY, model=MODEL, max_retries=0, use_responses_api=True
)


class Weather(BaseModel):
    """The weather."""

    city: Literal["Paris"]
    degrees: Literal[20]


@tool
def weather(city: Literal["Paris"]) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


def chat():
    assert llm.invoke(QUESTION).content


def stream():
    assert len([chunk for chunk in llm.stream(QUESTION) if chunk.content]) > 1


def tools():
    bound = llm.bind_tools([weather])
    first = llm.bind_tools([weather], tool_choice="weather").invoke(QUESTION)
    result = weather.invoke(first.tool_calls[0])
    assert bound.invoke([("user", QUESTION), first, result]).content


def tools_streamed():
    total = None
    for chunk in llm.bind_tools([weather], tool_choice="weather").stream(QUESTION):
        total = chunk if total is None else total + chunk
    assert total.tool_calls[0]["args"] == {"city": "Paris"}


def structured():
    assert llm.with_structured_output(Weather).invoke(QUESTION).city == "Paris"


def responses():
    assert responder.invoke(QUESTION).text


def responses_streamed():
    assert len([chunk for chunk in responder.stream(QUESTION) if chunk.text]) > 1


def responses_tools():
    bound = responder.bind_tools([weather])
    first = responder.bind_tools([weather], tool_choice="weather").invoke(QUESTION)
    result = weather.invoke(first.tool_calls[0])
    assert bound.invoke([("user", QUESTION), first, result]).text


run(
    chat=chat,
    stream=stream,
    tools=tools,
    tools_streamed=tools_streamed,
    structured=structured,
    responses=responses,
    responses_streamed=responses_streamed,
    responses_tools=responses_tools,
)
