"""A streamed answer, from the engine's bytes to OpenAI's events."""

from __future__ import annotations

import json

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.engine.json_fields import Usage
from lambda_api.errors import (
    StreamBrokenError,
    UpstreamTimeoutError,
)

DONE = b"data: [DONE]\n\n"


def request(**fields):
    body = {"model": "twin", "messages": [{"role": "user", "content": "hi"}], **fields}
    return ChatCompletionRequest.model_validate(body)


def chunk(content="", **fields):
    body = {
        "object": "chat.completion.chunk",
        "model": "/opt/ml/model",
        "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": None}],
        **fields,
    }
    return b"data: %b\n\n" % json.dumps(body, separators=(",", ":")).encode()


def finish(index=0):
    return chunk(choices=[{"index": index, "delta": {}, "finish_reason": "stop"}])


USAGE = chunk(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})


def objects(blocks):
    events = b"".join(blocks).split(b"\n\n")
    return [json.loads(e[6:]) for e in events if e.startswith(b"data: {")]


def test_events_pass_through_with_the_name_clients_know(service, says):
    source = says(chunk("a"), chunk("b") + finish(), DONE)

    blocks = list(service.stream(request(stream=True)))

    assert blocks == [
        block.replace(b"/opt/ml/model", b"twin")
        for block in (chunk("a"), chunk("b") + finish(), DONE)
    ]
    assert source.closed


@pytest.mark.parametrize(
    "opening",
    [
        b":\n\n",
        b": ping\r\n\r\n",
        b": a\n\n: b\n\n",
        b"event: ping\n\n",
        b'data: {"choices":[]}\n\n',
        b"\n\n",
    ],
)
def test_the_engines_name_is_learnt_from_the_first_event_that_tells_it(service, says, opening):
    says(opening, chunk("a"), chunk("b") + finish(), DONE)
    stream = service.stream(request(stream=True))

    text = b"".join(stream)

    assert b"/opt/ml/model" not in text
    assert text.count(b'"model":"twin"') == 3


def test_a_comment_is_not_the_first_event(service, says):
    says(b":\n\n", b": still here\n\n")
    stream = service.stream(request(stream=True))
    list(stream)

    assert stream.first_event_at is None


def test_usage_is_counted_but_shown_only_when_asked_for(service, says):
    for options in (None, {"include_usage": True}):
        says(chunk("a"), finish() + USAGE + DONE)
        stream = service.stream(request(stream=True, stream_options=options))
        shown = [body for body in objects(stream) if "usage" in body]

        assert stream.usage == Usage(3, 2)
        assert len(shown) == (1 if options else 0)


def test_usage_in_a_chunk_with_choices_stays(service, says):
    both = chunk("a", usage={"prompt_tokens": 3, "completion_tokens": 1})
    says(both, finish(), DONE)

    assert objects(service.stream(request(stream=True)))[0]["usage"]["prompt_tokens"] == 3


@pytest.mark.parametrize("ending", [[DONE], [b"data: [DO", b"NE]\n\n"], [b"data: [DONE]"], []])
def test_done_comes_exactly_once(service, says, ending):
    says(chunk("a"), finish(), *ending)

    text = b"".join(service.stream(request(stream=True)))

    assert text.count(b"[DONE]") == 1
    assert text.endswith(DONE)


def test_carriage_returns_do_not_hide_done(service, says):
    says(*(e.replace(b"\n\n", b"\r\n\r\n") for e in (chunk("a"), finish(), DONE)))

    assert b"".join(service.stream(request(stream=True))).count(b"[DONE]") == 1


def test_text_that_looks_like_done_is_text(service, says):
    says(chunk("data: [DONE]\n\n"), chunk("[DONE]"), finish(), DONE)

    bodies = objects(service.stream(request(stream=True)))

    assert [b["choices"][0]["delta"].get("content") for b in bodies[:2]] == [
        "data: [DONE]\n\n",
        "[DONE]",
    ]


def test_json_lines_become_events_that_end_in_done(service, says):
    lines = b"".join(e[6:-1] for e in (chunk("a"), finish()))
    says(lines[:30], lines[30:], content_type="application/jsonlines")

    blocks = list(service.stream(request(stream=True)))

    assert [b["model"] for b in objects(blocks)] == ["twin", "twin"]
    assert blocks[-1] == DONE


@pytest.mark.parametrize(
    ("parts", "choices"),
    [([chunk("a")], 1), ([chunk("a"), chunk("b")[:40]], 1), ([chunk("a"), finish()], 2), ([], 1)],
)
def test_an_engine_that_dies_midway_is_not_a_normal_end(service, says, parts, choices):
    says(*parts)
    stream = service.stream(request(stream=True, n=choices))

    last = objects(stream)[-1]

    assert last["error"]["code"] == "stream_broken"
    assert last["error"]["type"] == "server_error"
    assert isinstance(stream.error, StreamBrokenError)


def test_a_failure_midway_is_one_event_and_the_end(service, says):
    source = says(chunk("a"), UpstreamTimeoutError("too slow"))
    stream = service.stream(request(stream=True))

    *_, last = blocks = list(stream)

    assert json.loads(last[6:])["error"] == {
        "message": "too slow",
        "type": "server_error",
        "param": None,
        "code": "timeout",
    }
    assert b"[DONE]" not in b"".join(blocks)
    assert source.closed


def test_a_failure_after_done_does_not_matter(service, says):
    says(chunk("a"), finish(), DONE, UpstreamTimeoutError("too slow"))
    stream = service.stream(request(stream=True))

    assert list(stream)[-1] == DONE
    assert stream.error is None


def test_a_stream_closed_early_ends_without_an_error(service, says):
    source = says(chunk("a"), chunk("b"))
    stream = service.stream(request(stream=True))
    blocks = iter(stream)
    next(blocks)

    stream.close()

    assert not any(b'"error"' in block for block in blocks)
    assert stream.was_abandoned
    assert source.closed


def test_the_first_event_is_timed(service, says):
    says(chunk("a"), finish(), DONE)
    stream = service.stream(request(stream=True))

    assert stream.first_event_at is None
    next(iter(stream))
    assert stream.first_event_at is not None


def test_usage_is_cut_out_between_carriage_returns_too(service, says):
    block = (chunk("a") + finish() + USAGE).replace(b"\n\n", b"\r\n\r\n")
    says(block, DONE)
    stream = service.stream(request(stream=True))

    assert b"".join(stream).count(b"data: ") == 3
    assert stream.usage == Usage(3, 2)


def test_a_null_usage_is_no_usage(service, says):
    says(chunk("a", usage=None), finish(), DONE)
    stream = service.stream(request(stream=True))

    assert len(objects(stream)) == 2
    assert stream.usage is None


def test_the_engines_own_error_event_is_passed_on_and_counted(service, says):
    error = b'data: {"error":{"message":"out of memory","code":500}}\n\n'
    for ending in ([], [DONE]):
        says(chunk("a"), error, *ending)
        stream = service.stream(request(stream=True))

        assert [b["error"]["message"] for b in objects(stream) if "error" in b] == ["out of memory"]
        assert stream.error
