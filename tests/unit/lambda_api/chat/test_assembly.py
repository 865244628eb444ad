"""Chunks, put together to what the engine would have sent whole."""

from __future__ import annotations

import json

import pytest
from openai.types.chat import ChatCompletion

from lambda_api.admission.request import Admission
from lambda_api.chat.assembly import assembled, read_whole, written
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import ChatService
from lambda_api.engine.json_fields import Usage
from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import (
    ContextLengthError,
    EngineError,
    InvalidRequestError,
    StreamBrokenError,
    UpstreamTimeoutError,
)
from tests.support.service.fake_upstream import FakeStream, FakeUpstream

SSE = "text/event-stream"
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def chunk(*choices, **fields):
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 7, "model": "/opt/ml/model"}
    return {**head, "choices": [*choices], **fields}


def said(delta, index=0, **fields):
    return {"index": index, "delta": delta, "finish_reason": None, **fields}


def events(*chunks, done=True):
    ended = b"data: [DONE]\n\n" if done else b""
    return b"".join(b"data: %b\n\n" % json.dumps(c).encode() for c in chunks) + ended


def whole(*chunks, **how):
    answer = assembled(events(*chunks, **how), SSE)
    ChatCompletion.model_validate(answer, strict=True)
    return answer


END = said({}, finish_reason="stop")


def test_the_words_become_a_message():
    answer = whole(
        chunk(said({"role": "assistant", "content": None})),
        chunk(said({"content": "Grüß "})),
        chunk(said({"content": "dich 👋"})),
        chunk(END),
        chunk(usage=USAGE, system_fingerprint="b1", timings={"a": 1}),
    )

    assert answer == {
        "id": "c-1",
        "object": "chat.completion",
        "created": 7,
        "model": "/opt/ml/model",
        "system_fingerprint": "b1",
        "timings": {"a": 1},
        "usage": USAGE,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Grüß dich 👋"},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
    }


def test_several_choices_come_mixed():
    answer = whole(
        chunk(said({"role": "assistant", "content": "b"}, 1)),
        chunk(said({"role": "assistant", "content": "a"}, 0), said({"content": "B"}, 1)),
        chunk(said({}, 1, finish_reason="length", stop_reason=None)),
        chunk(said({"content": "A"}, 0)),
        chunk(said({}, 0, finish_reason="stop", stop_reason="###")),
    )

    assert [choice["message"]["content"] for choice in answer["choices"]] == ["aA", "bB"]
    assert [choice["finish_reason"] for choice in answer["choices"]] == ["stop", "length"]
    assert [choice["stop_reason"] for choice in answer["choices"]] == ["###", None]


def call(index, **function):
    return {"index": index, "function": function}


def test_tool_calls_grow_by_their_index():
    first = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
    second = {"index": 1, "id": "b", "type": "function", "function": {"name": "g"}}
    answer = whole(
        chunk(said({"role": "assistant", "content": None, "tool_calls": [first]})),
        chunk(said({"tool_calls": [call(0, arguments='{"x":')]})),
        chunk(said({"tool_calls": [call(0, arguments="1}"), second]})),
        chunk(said({"tool_calls": [call(1, arguments="{}")]})),
        chunk(said({}, finish_reason="tool_calls")),
    )

    assert answer["choices"][0]["message"] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
            {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        ],
    }


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thoughts_grow_beside_the_words(name):
    answer = whole(
        chunk(said({"role": "assistant", name: "I "})),
        chunk(said({name: "think"})),
        chunk(said({"content": "Hi"})),
        chunk(END),
    )

    message = answer["choices"][0]["message"]
    assert (message[name], message["content"]) == ("I think", "Hi")


def test_log_probabilities_are_joined():
    def token(text):
        return {"token": text, "logprob": -0.5, "bytes": [1], "top_logprobs": []}

    answer = whole(
        chunk(said({"content": "a"}, logprobs={"content": [token("a")], "refusal": None})),
        chunk(said({"content": "b"}, logprobs={"content": [token("b")], "refusal": None})),
        chunk(said({}, finish_reason="stop", logprobs=None)),
    )

    logprobs = answer["choices"][0]["logprobs"]
    assert logprobs == {"content": [token("a"), token("b")], "refusal": None}


def test_fields_we_do_not_know_are_kept():
    answer = whole(
        chunk(said({"content": "a", "marks": [1]}, token_ids=[5])),
        chunk(said({"marks": [2], "sound": {"id": "x", "data": "AA"}}, token_ids=[6])),
        chunk(said({"sound": {"data": "BB"}}, finish_reason="stop"), service_tier="default"),
    )

    (choice,) = answer["choices"]
    assert choice["token_ids"] == [5, 6]
    assert choice["message"]["marks"] == [1, 2]
    assert choice["message"]["sound"] == {"id": "x", "data": "AABB"}
    assert answer["service_tier"] == "default"


def test_an_empty_answer_has_an_empty_text():
    answer = whole(chunk(said({"role": "assistant", "content": None})), chunk(END))

    assert answer["choices"][0]["message"]["content"] == ""


def test_lmis_lines_are_put_together_too():
    lines = [chunk(said({"content": "a"})), chunk(said({"content": "b"}, finish_reason="stop"))]
    raw = b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    answer = assembled(raw, "application/jsonlines")

    assert answer["choices"][0]["message"]["content"] == "ab"


def test_a_stream_that_begins_with_a_comment_is_read():
    raw = b": ping\n\n" + events(chunk(said({"content": "a"})), chunk(END))

    assert assembled(raw, SSE)["choices"][0]["message"]["content"] == "a"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", StreamBrokenError),
        (b"data: [DONE]\n\n", StreamBrokenError),
        (events(chunk(said({"content": "a"})), done=False), StreamBrokenError),
        (events(chunk(said({"content": "a"})), chunk(END), done=False)[:-9], StreamBrokenError),
        (b"data: {oops}\n\n", StreamBrokenError),
        (events({"error": {"message": "CUDA", "code": 500}}), EngineError),
        (events({"error": "CUDA"}), EngineError),
        (events({"choices": [7]}), EngineError),
        (events({"choices": [{"delta": 7}]}), EngineError),
        (events({"choices": [{"delta": {"tool_calls": ["x"]}}]}), EngineError),
        (events({"error": {"message": "bad", "code": 400}}), InvalidRequestError),
        (
            events({"error": {"message": "maximum context length is 8", "code": 400}}),
            ContextLengthError,
        ),
    ],
)
def test_a_failure_on_the_way_is_a_real_one(raw, kind):
    with pytest.raises(kind) as failure:
        assembled(raw, SSE)

    assert type(failure.value) is kind
    assert "CUDA" not in failure.value.message


def test_a_stream_that_says_it_is_done_is_done():
    assert whole(chunk(said({"content": "a"})))["choices"][0]["finish_reason"] == "stop"


def test_half_a_surrogate_pair_survives():
    halves = b'data: {"choices":[{"index":0,"delta":{"content":"%b"},"finish_reason":%b}]}\n\n'
    raw = halves % (rb"\ud83d", b"null") + halves % (rb"\udc4b", b'"stop"')

    told = json.loads(written(assembled(raw, SSE)))

    assert told["choices"][0]["message"]["content"] == "👋"


def test_an_answer_that_takes_too_long_is_ended(monkeypatch):
    clock = iter([0.0, 0.0, 5.0, 11.0])
    monkeypatch.setattr("lambda_api.chat.assembly.monotonic", lambda: next(clock))
    source = FakeStream([b"a", b"b", b"c"])

    with pytest.raises(UpstreamTimeoutError, match="10 s"):
        read_whole(source, 10)

    assert source.closed


def request(**fields):
    messages = [{"role": "user", "content": "hi"}]
    return ChatCompletionRequest.model_validate({"model": "twin", "messages": messages, **fields})


def test_a_client_that_asked_for_it_whole_gets_the_name_it_knows_and_the_usage():
    raw = events(chunk(said({"content": "a"})), chunk(END), chunk(usage=USAGE))
    upstream = FakeUpstream(stream=FakeStream([raw[:30], raw[30:]]))

    completion = ChatService(ServedModels("twin"), lambda: upstream).complete(request(stream=False))

    assert json.loads(completion.body)["model"] == "twin"
    assert completion.usage == Usage(3, 2)
    asked = json.loads(upstream.payloads[0])
    assert (asked["stream"], asked["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize(
    "fields",
    [
        {"best_of": 1},
        {"prompt_logprobs": 1},
        {"use_beam_search": True},
        {"logprobs": True, "tools": [{"type": "function", "function": {"name": "f"}}]},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_cannot_be_streamed_is_asked_for_whole(fields):
    upstream = FakeUpstream(b'{"model":"x"}')

    service = ChatService(
        ServedModels("twin"), lambda: upstream, admission=Admission(frozenset(fields))
    )
    completion = service.complete(request(**fields))

    assert completion.body == b'{"model":"twin"}'
    assert "stream" not in json.loads(upstream.payloads[0])
