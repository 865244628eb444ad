"""Instructor, by tools and by JSON schema."""

from __future__ import annotations

from typing import Literal

import instructor
import openai
from probing import KEY, MODEL, QUESTION, URL, run
from pydantic import BaseModel

plain = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)
ASK = {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}], "max_retries": 1}


class Weather(BaseModel):
    city: Literal["Paris"]
    degrees: Literal[20]


class Place(BaseModel):
    """The place."""

    city: Literal["Paris"]


def tools():
    client = instructor.from_openai(plain, mode=instructor.Mode.TOOLS)
    assert client.chat.completions.create(response_model=Place, **ASK).city == "Paris"


def structured():
    client = instructor.from_openai(plain, mode=instructor.Mode.JSON_SCHEMA)
    assert client.chat.completions.create(response_model=Weather, **ASK).city == "Paris"


def tools_streamed():
    client = instructor.from_openai(plain, mode=instructor.Mode.TOOLS)
    parts = list(client.chat.completions.create_partial(response_model=Place, **ASK))
    assert parts[-1].city == "Paris"


run(tools=tools, structured=structured, tools_streamed=tools_streamed)
