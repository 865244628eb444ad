"""`hold`: requests wait for the endpoint, and their callers see that they do."""

from __future__ import annotations

import json
import time

import openai
import pytest

from lambda_api.cold_start import strategies as cold_start
from lambda_api.streaming.sse import KEEP_ALIVE
from tests.support.eventually import eventually
from tests.support.service.cold_world import (
    CHAT,
    LONG,
    RESPONSES,
    WORDS,
    events,
    post,
    posted,
    silent_client,
    text,
)
from tests.support.service.standin_runtime import service_error


@pytest.fixture
def url(serve):
    return serve("hold")


def beats(answer, count=2):
    """Read so many heartbeats, which is all that may come."""
    return answer.read(len(KEEP_ALIVE) * count) == KEEP_ALIVE * count


def test_a_stream_beats_until_its_answer_comes(url, cold, wakes):
    with posted(url, stream=True) as answer:
        assert answer.status == 200
        assert answer.getheader("content-type").startswith("text/event-stream")
        assert beats(answer)
        assert len(wakes.wake.places) == 1
        cold.is_up.set()
        body = answer.read()

    assert text(body) == "".join(WORDS)
    assert body.endswith(b"data: [DONE]\n\n")
    assert wakes.wake.places == {}
    assert wakes.wake.last_start_seconds > 0


def test_a_streamed_response_begins_and_beats_until_its_text_comes(url, cold):
    with posted(url, RESPONSES, stream=True) as answer:
        begun = answer.readline() + answer.readline()
        eventually(lambda: cold.refused >= 2)
        cold.is_up.set()
        told = events(begun + answer.read())

    assert told[0]["type"] == "response.created"
    assert told[-1]["type"] == "response.completed"
    assert told[-1]["response"]["output"][0]["content"][0]["text"] == "".join(WORDS)


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_a_whole_answer_is_waited_for(url, cold, pool, path):
    asked = pool.submit(post, url, path)
    eventually(lambda: cold.refused >= 3)
    assert not asked.done()
    cold.is_up.set()

    status, _, body = asked.result(LONG)

    assert status == 200
    assert "".join(WORDS) in json.dumps(body, ensure_ascii=False)


def test_the_official_client_waits_without_knowing(url, cold, pool):
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k" * 40, max_retries=0) as client:
        messages = [{"role": "user", "content": "hi"}]
        chunks = client.chat.completions.create(model="twin", messages=messages, stream=True)
        response = pool.submit(client.responses.create, model="twin", input="hi")
        eventually(lambda: cold.refused >= 3)
        cold.is_up.set()

        assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "".join(
            WORDS
        )
        assert response.result(LONG).output_text == "".join(WORDS)


def test_an_endpoint_that_loads_is_waited_for_too(url, cold, wakes):
    cold.cold = service_error(
        424, "ModelError", "no", OriginalStatusCode=503, OriginalMessage="Loading model"
    )
    with posted(url, stream=True) as answer:
        assert beats(answer)
        cold.is_up.set()

        assert text(answer.read()) == "".join(WORDS)
    assert wakes.wake.last_start_seconds is None


def test_whole_answers_that_wait_leave_the_routes_their_threads(url, cold, wakes, pool):
    held = [pool.submit(post, url) for _ in range(50)]  # routes have 40
    eventually(lambda: len(wakes.wake.places) == 50)

    assert post(url, model="other")[0] == 404

    cold.is_up.set()
    assert [answer.result(LONG)[0] for answer in held] == [200] * 50


def test_a_stream_that_waits_too_long_ends_with_one_error(serve, cold):
    with posted(serve("hold", hold_seconds=0.3), stream=True) as answer:
        body = answer.read()

    (event,) = events(body)
    assert event["error"]["code"] == "model_not_ready"
    assert event["error"]["type"] == "server_error"
    assert event["error"]["message"].endswith("try again in 300 s")
    assert b"[DONE]" not in body


def test_a_streamed_response_that_waits_too_long_has_failed(serve, cold):
    with posted(serve("hold", hold_seconds=0.3), RESPONSES, stream=True) as answer:
        *_, last = events(answer.read())

    assert last["type"] == "response.failed"
    assert "did not start" in last["response"]["error"]["message"]


def test_a_whole_answer_is_not_waited_for_as_long_as_the_gateway_bears_silence(
    url, cold, monkeypatch
):
    monkeypatch.setattr(cold_start, "MOST_SILENT_SECONDS", 0.3)
    status, headers, body = post(url)

    assert status == 503
    assert headers["retry-after"] == "300"
    assert body["error"]["code"] == "model_not_ready"


def test_the_silence_is_shorter_than_the_gateways():
    assert cold_start.MOST_SILENT_SECONDS + 60 <= 300


def test_a_bad_request_is_refused_before_it_waits(url, cold, wakes):
    with posted(url, stream=True) as answer:
        assert beats(answer)
        asked, places = cold.refused, dict(wakes.wake.places)

        assert post(url, messages=[])[0] == 400
        assert post(url, model="other")[0] == 404
        forced = {"tool_choice": {"type": "web_search"}}
        assert post(url, RESPONSES, **forced, stream=True)[0] == 400
        assert post(url, RESPONSES, previous_response_id="resp_x")[0] == 400

        assert wakes.wake.places == places
        assert cold.refused - asked <= 2


def test_more_than_the_most_are_rejected(serve, cold, wakes):
    url = serve("hold", max_held_requests=1)
    with posted(url, stream=True) as first:
        assert beats(first)
        for fields in ({"stream": True}, {}):
            status, headers, body = post(url, **fields)
            assert status == 503
            assert 295 <= int(headers["retry-after"]) <= 300
            assert body["error"]["code"] == "model_not_ready"
    eventually(lambda: not wakes.wake.places)

    with posted(url, stream=True) as second:
        assert beats(second)


@pytest.mark.parametrize("stream", [True, False])
def test_who_leaves_gives_its_place_back(url, cold, wakes, stream, log):
    with posted(url, stream=True) as other:
        assert beats(other)
        connection = silent_client(url, stream=stream)
        eventually(lambda: len(wakes.wake.places) == 2)
        connection.close()
        eventually(lambda: len(wakes.wake.places) == 1)
        assert cold.refused < 20
    eventually(lambda: len(log.lines) == 2)
    lines = log.lines

    assert [line["abandoned"] for line in lines] == [True, True]
    assert [line["Failures"] for line in lines] == [[0], [0]]


def test_the_log_tells_how_long_they_were_held_and_how_long_it_took(url, cold, wakes, pool, log):
    began = time.monotonic()
    answers = [pool.submit(post, url) for _ in range(2)]
    eventually(lambda: len(wakes.wake.places) == 2 and cold.refused >= 4)
    cold.is_up.set()
    assert [answer.result(LONG)[0] for answer in answers] == [200, 200]
    took = time.monotonic() - began
    assert post(url)[0] == 200
    eventually(lambda: len(log.lines) == 4)
    lines = log.lines

    starts = [line["ColdStart"] for line in lines if "ColdStart" in line]
    assert starts == [[wakes.wake.last_start_seconds]]
    held = [line["HeldMilliseconds"][0] for line in lines if "HeldMilliseconds" in line]
    assert len(held) == 2
    assert all(200 < waited < took * 1000 for waited in held)
