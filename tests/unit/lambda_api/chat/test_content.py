"""The content of messages, looked at before an engine is."""

from __future__ import annotations

import pytest

from lambda_api.admission.request import Admission
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import payload_of
from lambda_api.errors import InvalidRequestError

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
FILM = {"type": "video_url", "video_url": {"url": "https://a.example/x.mp4"}}
TEXT = {"type": "text", "text": "hi"}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def payload(*messages, modalities=("text",)):
    request = ChatCompletionRequest.model_validate({"model": "twin", "messages": [*messages]})
    return payload_of(request, "twin", Admission(modalities=modalities))


def user(*parts):
    return {"role": "user", "content": [*parts]}


def assistant(*calls):
    return {"role": "assistant", "content": None, "tool_calls": [*calls]}


@pytest.mark.parametrize(
    ("messages", "param", "why"),
    [
        ([user(TEXT, IMAGE)], "messages[0].content[1].type", "takes text alone"),
        ([user(SOUND)], "messages[0].content[0].type", "'input_audio'"),
        ([user(FILM)], "messages[0].content[0].type", "'video_url'"),
        ([user({"type": "file", "file": {}})], "messages[0].content[0].type", "allowed: text"),
        ([user({"type": "text"})], "messages[0].content[0].text", "field required"),
        ([user({"type": "text", "text": 5})], "messages[0].content[0].text", "got 5"),
        ([user({"type": "text", "text": {}})], "messages[0].content[0].text", "a string, got {}"),
        ([{"role": "user"}], "messages[0].content", "field required"),
        ([{"role": "system", "content": None}], "messages[0].content", "field required"),
        ([user(TEXT), {"role": "tool"}], "messages[1].content", "field required"),
        (
            [user(TEXT), assistant(CALL, {**CALL, "type": "custom"})],
            "messages[1].tool_calls[1].type",
            "allowed: 'function'",
        ),
        ([assistant(5)], "messages[0].tool_calls[0]", "an object"),
        (
            [assistant({**CALL, "function": {"name": "f"}})],
            "messages[0].tool_calls[0].function.arguments",
            "field required",
        ),
        (
            [assistant({**CALL, "function": {"name": "f", "arguments": {}}})],
            "messages[0].tool_calls[0].function.arguments",
            "valid string",
        ),
        ([assistant({"id": "1"})], "messages[0].tool_calls[0].function.name", "field required"),
    ],
)
def test_what_the_engine_cannot_read_is_refused_by_its_field(messages, param, why):
    with pytest.raises(InvalidRequestError) as refusal:
        payload(*messages)

    assert refusal.value.param == param
    assert why in refusal.value.message


@pytest.mark.parametrize(
    ("part", "modalities"),
    [
        (TEXT, ("text",)),
        ({"type": "refusal", "refusal": "no"}, ("text",)),
        (IMAGE, ("text", "image")),
        ({"type": "image_url", "image_url": "https://a.example/x.png"}, ("text", "image")),
        (SOUND, ("text", "audio")),
        (FILM, ("text", "image", "audio", "video")),
    ],
)
def test_what_the_model_takes_passes(part, modalities):
    assert payload(user(part), modalities=modalities)


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"type": "image_url"}, "image_url"),
        ({"type": "image_url", "image_url": {}}, "image_url.url"),
        ({"type": "image_url", "image_url": {"url": 7}}, "image_url.url"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA"}}, "input_audio.format"),
        ({"type": "video_url", "video_url": {"x": 1}}, "video_url.x"),
    ],
)
def test_media_that_lacks_something_is_refused(part, param):
    with pytest.raises(InvalidRequestError) as refusal:
        payload(user(part), modalities=("text", "image", "audio", "video"))

    assert refusal.value.param == f"messages[0].content[0].{param}"


def test_a_conversation_with_calls_passes():
    answer = {"role": "tool", "tool_call_id": "1", "content": "5"}

    assert payload(user(TEXT), assistant(CALL), answer, {"role": "assistant", "content": None})
