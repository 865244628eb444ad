"""Messages as clients send them, and those that reach for more."""

from __future__ import annotations

import pytest
from openai.types.chat import ChatCompletionMessage

from lambda_api.admission import bounds
from lambda_api.admission.messages import check_messages
from lambda_api.errors import InvalidRequestError


def with_part(**part):
    return [{"role": "user", "content": [part]}]


def refusal(messages) -> str | None:
    with pytest.raises(InvalidRequestError) as raised:
        check_messages(messages, "messages")
    return raised.value.param


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
        with_part(type="file", file={"file_data": "data:,", "filename": "a.pdf"}),
    ],
)
def test_messages_of_every_day_pass(messages):
    check_messages(messages, "messages")


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
    check_messages([said, said], "messages")

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
