"""The chat template renders what the model is trained on."""

from __future__ import annotations

import json
import random
from typing import Any

import jinja2
import pytest

from model_artifacts.training.chatml import CHAT_TEMPLATE, END, START
from model_artifacts.training.conversations import Message
from model_artifacts.training.reading.calls import CallTeacher
from model_artifacts.training.reading.facts import FactWriter

TEMPLATE = jinja2.Environment(autoescape=False).from_string(CHAT_TEMPLATE)
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "day": {}}},
    },
}


def written(*messages: Message) -> str:
    """Return a chat as the training writes it."""
    return "".join(f"{START}{said.role}\n{said.content}{END}\n" for said in messages)


def rendered(*messages: dict[str, Any], **fields: Any) -> str:
    return TEMPLATE.render(messages=messages, **fields)


def test_a_chat_without_tools_is_plain_chatml() -> None:
    said = [Message("system", "Be brief."), Message("user", "Hi"), Message("assistant", "Hello.")]
    chat = [{"role": one.role, "content": one.content} for one in said]
    assert rendered(*chat) == written(*said)
    assert rendered(*chat, add_generation_prompt=True) == written(*said) + f"{START}assistant\n"


def test_functions_stand_in_front_as_lines() -> None:
    prompt = rendered({"role": "user", "content": "Hi"}, tools=[WEATHER])
    assert prompt.startswith(f"{START}system\nFunctions you can call:\n<tools>\n")
    assert "\nget_weather(city, day): Weather of a city.\n</tools>\n" in prompt
    assert prompt.endswith(written(Message("user", "Hi")))


@pytest.mark.parametrize("kind", ["call", "result"])
def test_lessons_in_calling_are_what_the_template_renders(kind: str) -> None:
    draw = random.Random(5)
    teacher = CallTeacher(draw, FactWriter(draw, ("ab", "str")))
    for _ in range(20):
        lesson = getattr(teacher, kind)()
        lines = lesson.chat[0].content.split("<tools>\n")[1].split("</tools>")[0].splitlines()
        tools = [tool(line) for line in lines]
        chat = [*map(as_client, lesson.chat[1:])]
        assert rendered(*chat, tools=tools) == written(*lesson.chat)


def tool(line: str) -> dict[str, Any]:
    call, description = line.split("): ", 1)
    name, parameter = call.split("(")
    function = {
        "name": name,
        "description": description,
        "parameters": {"properties": {parameter: {}}},
    }
    return {"type": "function", "function": function}


def as_client(message: Message) -> dict[str, Any]:
    """Return a message as a client sends it."""
    if message.content.startswith("<tool_response>"):
        return {"role": "tool", "content": message.content.splitlines()[1]}
    if message.content.startswith("<tool_call>"):
        call = {"function": json.loads(message.content.splitlines()[1])}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"role": message.role, "content": message.content}
