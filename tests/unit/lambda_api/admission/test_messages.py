"""Messages as clients send them, and those that reach for more."""

from __future__ import annotations

import pytest
from openai.types.chat import ChatCompletionMessage

from lambda_api.admission import bounds
from lambda_api.admission.messages import check_messages
from lambda_api.errors import InvalidRequestError

ALL = ("text", "image", "audio", "video")


def with_part(**part):
    return [{"role": "user", "content": [part]}]


def user(*parts):
    return {"role": "user", "content": [*parts]}


def assistant(*calls):
    return {"role": "assistant", "content": None, "tool_calls": [*calls]}


def refusal(messages, modalities=ALL) -> str | None:
    with pytest.raises(InvalidRequestError) as raised:
        check_messages(messages, "messages", modalities)
    return raised.value.param


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
FILM = {"type": "video_url", "video_url": {"url": "https://a.example.com/x.mp4"}}
TEXT = {"type": "text", "text": "hi"}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "hi", "name": "ada"}],
        [{"role": "assistant", "content": None, "tool_calls": [CALL]}],
        [{"role": "assistant", "content": "4", "reasoning_content": "2+2", "refusal": None}],
        [{"role": "tool", "content": "4", "tool_call_id": "1"}],
        with_part(type="text", text="hi", cache_control={"type": "ephemeral"}),
        with_part(type="refusal", refusal="no"),
        with_part(type="image_url", image_url={"url": "data:image/png;base64,AA", "detail": "low"}),
        with_part(type="image_url", image_url={"url": "https://images.example.com/a.png?x=1"}),
        with_part(type="input_audio", input_audio={"data": "AA", "format": "wav"}),
        [user(TEXT), assistant(CALL), {"role": "tool", "tool_call_id": "1", "content": "5"}],
        [{"role": "assistant", "content": None}],
    ],
)
def test_messages_of_every_day_pass(messages):
    check_messages(messages, "messages", ALL)


@pytest.mark.parametrize(
    ("part", "modalities"),
    [
        (TEXT, ("text",)),
        ({"type": "refusal", "refusal": "no"}, ("text",)),
        (IMAGE, ("text", "image")),
        ({"type": "image_url", "image_url": "https://a.example.com/x.png"}, ("text", "image")),
        (SOUND, ("text", "audio")),
        (FILM, ALL),
    ],
)
def test_what_the_model_takes_passes(part, modalities):
    check_messages([user(part)], "messages", modalities)


@pytest.mark.parametrize(
    ("messages", "param", "why"),
    [
        ([user(TEXT, IMAGE)], "messages[0].content[1].type", "takes text alone"),
        ([user(SOUND)], "messages[0].content[0].type", "'input_audio'"),
        ([user(FILM)], "messages[0].content[0].type", "'video_url'"),
        (
            [user({"type": "file", "file": {}})],
            "messages[0].content[0].type",
            "'text' or 'refusal'",
        ),
        ([user({"type": "text"})], "messages[0].content[0].text", "field required"),
        ([user({"type": "text", "text": 5})], "messages[0].content[0].text", "a string, got 5"),
        ([user({"type": "text", "text": {}})], "messages[0].content[0].text", "a string, got {}"),
        ([{"role": "user"}], "messages[0].content", "field required"),
        ([{"role": "system", "content": None}], "messages[0].content", "field required"),
        ([user(TEXT), {"role": "tool"}], "messages[1].content", "field required"),
        (
            [user(TEXT), assistant(CALL, {**CALL, "type": "custom"})],
            "messages[1].tool_calls[1].type",
            "must be 'function', got 'custom'",
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
            "a string, got {}",
        ),
        ([assistant({"id": "1"})], "messages[0].tool_calls[0].function", "field required"),
    ],
)
def test_what_the_engine_cannot_read_is_refused_by_its_field(messages, param, why):
    with pytest.raises(InvalidRequestError) as refusal:
        check_messages(messages, "messages")

    assert refusal.value.param == param
    assert why in refusal.value.message


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
    assert refusal([user(part)]) == f"messages[0].content[0].{param}"


def test_an_answer_is_said_again_as_the_client_keeps_it():
    answer = ChatCompletionMessage.model_validate(
        {"role": "assistant", "content": "hi", "reasoning": "?", "annotations": []}
    )

    check_messages([answer.model_dump()], "messages")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "http://example.com/a.png",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "https://localhost/a",
        "https://127.0.0.1/a",
        "https://127.1/a",
        "https://0x7f000001/a",
        "https://[::1]/a",
        "https://[",
        "https://example.com:443/a",
        "https://user@example.com/a",
        "https://metadata.google.internal/a",
        "https://printer.local./a",
        "https://exa mple.com/a",
        "https://example.com\\@10.0.0.1/",
        "https://" + "a" * bounds.MEDIA_URL,
    ],
)
def test_the_engine_is_sent_to_public_names_only(url):
    where = refusal(with_part(type="image_url", image_url={"url": url}))
    assert where == "messages[0].content[0].image_url.url"


def test_the_bounds_of_parts_and_media_hold_for_all_messages_together():
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    said = {"role": "user", "content": [image] * (bounds.MEDIA // 2)}
    check_messages([said, said], "messages", ALL)

    assert refusal([said, said, said]) == "messages"


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"role": "user", "content": "x", "grammar": ""}, "grammar"),
        ({"role": "user", "content": [{"type": "text", "text": 1}]}, "content[0].text"),
        ({"role": "user", "content": [{"text": "x"}]}, "content[0].type"),
        ({"role": "user", "content": [{"type": "text", "x": 1}]}, "content[0].x"),
        ({"role": "assistant", "tool_calls": [{**CALL, "x": 1}]}, "tool_calls[0].x"),
        ({"role": "assistant", "tool_calls": {}}, "tool_calls"),
        ({"role": "user", "content": "x", "name": "n" * 3_000}, "name"),
    ],
)
def test_a_member_that_is_unknown_or_wrong_is_named(message, param):
    assert refusal([message]) == f"messages[0].{param}"
