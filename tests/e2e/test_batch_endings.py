"""Deployed batches that somebody or something cuts short end all the same."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.eventually import poll
from twin.local.cloud import LocalCloud

CHAT = "/v1/chat/completions"
OPEN = {"validating", "in_progress", "finalizing", "cancelling"}


@pytest.fixture
def aws(cloud: LocalCloud) -> Any:
    """Clients of the local cloud's services, as an operator has them."""
    return lambda name: cloud.session.client(name, endpoint_url=cloud.settings.origin)


def begin(client: OpenAI, model: str, **how: Any) -> Any:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 64}
    line = {"custom_id": "r", "method": "POST", "url": CHAT, "body": body}
    lines = b"".join(json.dumps({**line, "custom_id": f"r{n}"}).encode() + b"\n" for n in range(9))
    file = client.files.create(file=("requests.jsonl", lines), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint=CHAT, completion_window="24h", **how
    )


def ended(client: OpenAI, batch: Any) -> Any:
    return poll(lambda: client.batches.retrieve(batch.id), lambda found: found.status not in OPEN)


def execution_of(steps: Any, batch: Any) -> str:
    (machine,) = steps.list_state_machines()["stateMachines"]
    arn = machine["stateMachineArn"].replace(":stateMachine:", ":execution:")
    return f"{arn}:{batch.id}"


def deployed(functions: Any, handler: str) -> str:
    (name,) = [
        function["FunctionName"]
        for function in functions.list_functions()["Functions"]
        if function["Handler"] == f"lambda_api.handlers.{handler}.handler"
    ]
    return str(name)


def test_a_batch_whose_execution_is_stopped_from_outside_is_ended_by_the_finisher(
    client: OpenAI, model: str, aws: Any
) -> None:
    steps = aws("stepfunctions")
    batch = begin(client, model)
    steps.stop_execution(executionArn=execution_of(steps, batch))
    batch = ended(client, batch)

    # None of the requests was answered yet, or some were: the execution had just begun.
    assert batch.status in {"failed", "completed"}
    assert batch.errors is None or batch.errors.data[0].code in {
        "check_failed",
        "batch_interrupted",
    }


def test_answers_are_delivered_though_the_bucket_is_away_while_they_are_collected(
    client: OpenAI, model: str, aws: Any
) -> None:
    steps, functions = aws("stepfunctions"), aws("lambda")
    name = deployed(functions, "batch_collect")
    sound = functions.get_function_configuration(FunctionName=name)["Environment"]
    away = {"Variables": {**sound["Variables"], "TWIN_BATCH_BUCKET": "away"}}
    functions.update_function_configuration(FunctionName=name, Environment=away)
    try:
        batch = begin(client, model)
        arn = execution_of(steps, batch)
        poll(
            lambda: steps.get_execution_history(executionArn=arn)["events"],
            lambda events: any(event["type"] == "TaskFailed" for event in events),
        )
        assert client.batches.retrieve(batch.id).status == "in_progress"
    finally:
        functions.update_function_configuration(FunctionName=name, Environment=sound)
    batch = ended(client, batch)

    assert (batch.status, batch.request_counts.completed) == ("completed", 9)
    assert len(client.files.content(batch.output_file_id).text.splitlines()) == 9


def test_a_batch_is_created_once_by_its_key_and_deleted_with_its_files(
    client: OpenAI, model: str, aws: Any
) -> None:
    batch = begin(client, model, extra_headers={"Idempotency-Key": "e2e"})
    same = client.batches.create(
        input_file_id=batch.input_file_id,
        endpoint=CHAT,
        completion_window="24h",
        extra_headers={"Idempotency-Key": "e2e"},
    )
    assert same.id == batch.id
    with pytest.raises(openai.ConflictError, match="cancel it first"):
        client.delete(f"/batches/{batch.id}", cast_to=object)
    client.batches.cancel(batch.id)
    batch = ended(client, batch)
    assert batch.status == "cancelled"

    client.delete(f"/batches/{batch.id}", cast_to=object)
    client.files.delete(batch.input_file_id)
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve(batch.id)


def test_the_sweeper_runs_as_deployed(aws: Any, stage: Any) -> None:
    functions = aws("lambda")
    answer = functions.invoke(FunctionName=deployed(functions, "batch_sweep"))

    assert "FunctionError" not in answer, answer["Payload"].read()
