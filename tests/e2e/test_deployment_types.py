"""The same model asynchronously and in batch, driven by the official client."""

from __future__ import annotations

import json
import time

import openai
import pytest
from openai import OpenAI
from openai.types.batch import Batch
from openai.types.responses import Response

QUESTION = "What is an endpoint config?"
PATIENCE_SECONDS = 120


def finished(client: OpenAI, response: Response) -> Response:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while response.status in {"queued", "in_progress"}:
        assert time.monotonic() < deadline, response
        time.sleep(0.3)
        response = client.responses.retrieve(response.id)
    return response


def ended(client: OpenAI, batch: Batch) -> Batch:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while batch.status in {"validating", "in_progress", "finalizing", "cancelling"}:
        assert time.monotonic() < deadline, batch
        time.sleep(0.3)
        batch = client.batches.retrieve(batch.id)
    return batch


def lines(*customs: str, model: str) -> bytes:
    requests = (
        {
            "custom_id": custom,
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": model,
                "messages": [{"role": "user", "content": QUESTION}],
                "temperature": 0,
            },
        }
        for custom in customs
    )
    return "\n".join(json.dumps(request) for request in requests).encode()


def test_a_response_answers_at_once(client: OpenAI, model: str):
    response = client.responses.create(model=model, input=QUESTION, temperature=0)

    assert response.status == "completed"
    assert "endpoint" in response.output_text.lower()
    assert response.usage is not None
    assert response.usage.output_tokens > 5


def test_a_response_streams(client: OpenAI, model: str):
    with client.responses.stream(model=model, input=QUESTION, temperature=0) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()

    assert len(deltas) > 5
    assert "".join(deltas) == final.output_text
    assert final.status == "completed"


def test_a_background_response_is_made_by_the_asynchronous_endpoint(client: OpenAI, model: str):
    queued = client.responses.create(model=model, input=QUESTION, temperature=0, background=True)
    assert queued.status == "queued"

    response = finished(client, queued)

    assert response.status == "completed"
    assert "endpoint" in response.output_text.lower()


def test_a_background_response_is_streamed_and_taken_up_again(client: OpenAI, model: str):
    events = list(
        client.responses.create(
            model=model, input=QUESTION, temperature=0, background=True, stream=True
        )
    )
    response = events[-1].response
    again = list(client.responses.retrieve(response.id, stream=True, starting_after=1))
    items = client.responses.input_items.list(response.id).data

    assert [event.type for event in events[:2]] == ["response.created", "response.queued"]
    assert events[-1].type == "response.completed"
    assert "endpoint" in response.output_text.lower()
    assert again == events[2:]
    assert [item.content[0].text for item in items] == [QUESTION]


def test_a_turn_refers_to_an_earlier_answer(client: OpenAI, model: str):
    first = client.responses.create(model=model, input=QUESTION, temperature=0)
    reference = {"type": "item_reference", "id": first.output[0].id}
    question = {"role": "user", "content": QUESTION}
    second = client.responses.create(
        model=model, input=[question, reference, question], temperature=0, max_output_tokens=20
    )

    items = client.responses.input_items.list(second.id, order="asc").data
    assert [item.role for item in items] == ["user", "assistant", "user"]
    assert items[1].content[0].text == first.output_text


def test_an_input_too_large_to_go_inline_goes_through_s3(client: OpenAI, model: str):
    queued = client.responses.create(
        model=model, input=QUESTION, instructions="word " * 30_000, background=True
    )

    response = finished(client, queued)

    # It is longer than the model's context: the container's reason comes back.
    assert response.status == "failed"
    assert response.error is not None
    assert "context" in response.error.message


def test_the_oldest_turns_go_where_truncation_is_asked_for(client: OpenAI, model: str):
    turns = [
        {"role": "user", "content": "word " * 30_000},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": QUESTION},
    ]
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=model, input=turns, temperature=0)
    assert caught.value.code == "context_length_exceeded"

    response = client.responses.create(model=model, input=turns, temperature=0, truncation="auto")

    assert (response.status, response.truncation) == ("completed", "auto")
    assert "endpoint" in response.output_text.lower()


def test_a_cancelled_response_stays_cancelled(client: OpenAI, model: str):
    queued = client.responses.create(model=model, input=QUESTION, background=True)

    cancelled = client.responses.cancel(queued.id)

    assert cancelled.status in {"cancelled", "completed"}
    assert client.responses.retrieve(queued.id).status == cancelled.status


def test_a_deleted_response_is_gone(client: OpenAI, model: str):
    response = finished(
        client, client.responses.create(model=model, input=QUESTION, background=True)
    )

    client.responses.delete(response.id)

    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_a_batch_answers_every_line_once(client: OpenAI, model: str):
    customs = [f"request-{number}" for number in range(40)]
    file = client.files.create(
        file=("requests.jsonl", lines(*customs, model=model)), purpose="batch"
    )

    batch = ended(
        client,
        client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        ),
    )

    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert batch.request_counts.completed == 40
    assert batch.output_file_id is not None
    output = client.files.content(batch.output_file_id).text.splitlines()
    answers = [json.loads(line) for line in output]
    assert sorted(answer["custom_id"] for answer in answers) == sorted(customs)
    for answer in answers:
        message = answer["response"]["body"]["choices"][0]["message"]
        assert "endpoint" in message["content"].lower()


def test_a_batch_of_responses_is_answered_with_responses(client: OpenAI, model: str):
    body = {"model": model, "input": QUESTION, "temperature": 0, "metadata": {"run": "7"}}
    line = {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": body}
    content = json.dumps(line).encode()
    file = client.files.create(file=("requests.jsonl", content), purpose="batch")

    batch = ended(
        client,
        client.batches.create(
            input_file_id=file.id, endpoint="/v1/responses", completion_window="24h"
        ),
    )

    assert batch.status == "completed"
    assert batch.output_file_id is not None
    (answer,) = client.files.content(batch.output_file_id).text.splitlines()
    response = Response.model_validate(json.loads(answer)["response"]["body"])
    assert "endpoint" in response.output_text.lower()
    assert response.metadata == {"run": "7"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not json\n", "line 1"),
        (lines("a", "a", model="twin-demo"), "custom_id"),
        (lines("a", model="another"), "model"),
        (lines("a", model="twin-demo").replace(b"chat/completions", b"embeddings"), "url"),
    ],
)
def test_a_batch_with_a_bad_line_starts_nothing(client: OpenAI, content: bytes, reason: str):
    file = client.files.create(file=("requests.jsonl", content), purpose="batch")

    batch = ended(
        client,
        client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        ),
    )

    assert batch.status == "failed"
    assert batch.errors is not None
    assert batch.errors.data
    problem = batch.errors.data[0]
    assert reason in f"line {problem.line} {problem.param} {problem.code} {problem.message}"


def test_a_missing_file_is_named(client: OpenAI):
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        client.batches.create(
            input_file_id="file-0123456789abcdef0123456789abcdef",
            endpoint="/v1/chat/completions",
            completion_window="24h",
        )
