"""Responses over HTTP."""

from __future__ import annotations

import json

import pytest

from tests.support.service.fake_queue import answer
from tests.support.service.openai_types import check_event, check_item_list, check_response
from tests.support.service.responses_app import URL, as_owner, responses_app

BODY = {"model": "twin", "input": "hi"}
TOOL = {"type": "function", "name": "f"}
WHOLE = ["output_item.added", "content_part.added", "output_text.delta", "output_text.done",
         "content_part.done", "output_item.done"]  # fmt: skip


@pytest.fixture(scope="module")
def app():
    with responses_app() as app:
        yield app


@pytest.fixture
def client(app):
    app.reset()
    return app.client


def events(answered):
    told = [json.loads(line[6:]) for line in answered.text.splitlines() if line[:6] == "data: "]
    for event in told:
        check_event(event)
    return told


def kinds(told):
    return [event["type"].removeprefix("response.") for event in told]


def settle(app):
    (name,) = app.queue.requests
    app.queue.end(name, answer("Later"))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"tools": [TOOL, {"type": "web_search"}], "tool_choice": "auto"},
        {"tools": [TOOL | {"strict": True, "parameters": {}}], "tool_choice": TOOL},
        {
            "tools": [TOOL],
            "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [TOOL]},
        },
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}}}},
        {"reasoning": {"effort": "high", "summary": "auto"}, "truncation": "auto"},
        {"background": True},
    ],
)
def test_a_response_has_every_field_of_openais(client, asked):
    response = client.post(URL, json=BODY | asked).json()

    check_response(response)
    check_response(client.get(f"{URL}/{response['id']}").json())


def test_a_background_response_is_streamed_from_the_queue_to_the_end(client, app):
    body = BODY | {"background": True, "stream": True, "truncation": "auto"}
    queue, submit = app.queue, app.queue.submit

    def submit_and_end(name, payload):
        accepted = submit(name, payload)
        queue.end(name, answer("Later"))
        return accepted

    queue.submit = submit_and_end
    try:
        told = events(client.post(URL, json=body))
    finally:
        del queue.submit

    assert kinds(told) == ["created", "queued", "in_progress", *WHOLE, "completed"]
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert told[-1]["response"]["output"][0]["content"][0]["text"] == "Later"
    # No stream and no cut is asked of the queue, which gives whole answers.
    assert [json.loads(asked) for asked in queue.requests.values()] == [
        {"messages": [{"role": "user", "content": "hi"}]}
    ]
    assert told[0]["response"]["truncation"] == "disabled"


def test_a_lost_stream_is_taken_up_after_the_last_event_seen(client, app):
    kept = client.post(URL, json=BODY | {"background": True}).json()
    settle(app)
    url = f"{URL}/{kept['id']}?stream=true"
    whole = events(client.get(url))

    assert events(client.get(f"{url}&starting_after=4")) == whole[5:]
    assert events(client.get(f"{url}&starting_after=99")) == []
    assert client.get(f"{url}&starting_after=-1").json()["error"]["param"] == "starting_after"


def test_a_response_that_was_answered_at_once_is_told_as_events_too(client):
    kept = client.post(URL, json=BODY).json()
    told = events(client.get(f"{URL}/{kept['id']}?stream=true"))

    assert kinds(told) == ["created", "in_progress", *WHOLE, "completed"]
    assert told[-1]["response"] == kept


def test_a_stream_of_no_response_is_a_404(client):
    kept = client.post(URL, json=BODY).json()

    assert client.get(f"{URL}/resp_{'0' * 32}?stream=true").status_code == 404
    other = client.get(f"{URL}/{kept['id']}?stream=true", headers=as_owner("you"))
    assert other.status_code == 404


def test_input_items_are_listed_the_newest_first_in_pages(client):
    turns = [{"role": "user", "content": str(n)} for n in range(3)]
    kept = client.post(URL, json=BODY | {"input": turns}).json()
    url = f"{URL}/{kept['id']}/input_items"
    page = client.get(url, params={"limit": 2}).json()
    check_item_list(page)
    rest = client.get(url, params={"after": page["last_id"]}).json()
    oldest = client.get(url, params={"order": "asc"}).json()

    assert [item["content"][0]["text"] for item in page["data"]] == ["2", "1"]
    assert (page["has_more"], rest["has_more"]) == (True, False)
    assert [item["content"][0]["text"] for item in rest["data"]] == ["0"]
    assert oldest["data"] == [*rest["data"], *reversed(page["data"])]
    assert client.get(url, headers=as_owner("you")).status_code == 404


@pytest.mark.parametrize("wrong", ["limit=0", "limit=101", "order=up"])
def test_a_wrong_page_is_refused(client, wrong):
    kept = client.post(URL, json=BODY).json()
    asked = client.get(f"{URL}/{kept['id']}/input_items?{wrong}")

    assert asked.status_code == 400
    assert asked.json()["error"]["param"] == wrong.split("=")[0]
