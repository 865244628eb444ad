"""LlamaIndex's OpenAI-like model."""

from __future__ import annotations

from typing import Literal

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from probing import KEY, MODEL, QUESTION, URL, run
from pydantic import BaseModel

llm = OpenAILike(
    api_base=URL,
    api_key=KEY,
    model=MODEL,
    is_chat_model=True,
    is_function_calling_model=True,
    should_use_structured_outputs=True,
    strict=True,  # it says `strict: false` otherwise, and vLLM takes that for any arguments
    max_retries=0,
)


class Weather(BaseModel):
    """The weather."""

    city: Literal["Paris"]
    degrees: Literal[20]


class Place(BaseModel):
    city: Literal["Paris"]


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


def chat():
    assert llm.chat([ChatMessage(role="user", content=QUESTION)]).message.content


def stream():
    chunks = list(llm.stream_chat([ChatMessage(role="user", content=QUESTION)]))
    assert len([chunk for chunk in chunks if chunk.delta]) > 1


def tools():
    answer = llm.predict_and_call(
        [FunctionTool.from_defaults(weather, fn_schema=Place)], QUESTION, tool_choice="weather"
    )
    assert answer.response == weather("Paris")


def structured():
    assert llm.as_structured_llm(Weather).complete(QUESTION).raw.city == "Paris"


run(chat=chat, stream=stream, tools=tools, structured=structured)
