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


def test_a_batch_whose_execution_is_stopped_from_outside_is_ended_by_the_finisher(
    client: OpenAI, model: str, aws: Any
) -> None:
    steps = aws("stepfunctions")
    (machine,) = steps.list_state_machines()["stateMachines"]
    batch = begin(client, model)
    arn = machine["stateMachineArn"].replace(":stateMachine:", ":execution:")
    steps.stop_execution(executionArn=f"{arn}:{batch.id}")
    batch = ended(client, batch)

    # None of the requests was answered yet, or some were: the execution had just begun.
    assert batch.status in {"failed", "completed"}
    assert batch.errors is None or batch.errors.data[0].code in {
        "check_failed",
        "batch_interrupted",
    }


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
    (sweep,) = [
        function["FunctionName"]
        for function in functions.list_functions()["Functions"]
        if function["Handler"] == "lambda_api.handlers.batch_sweep.handler"
    ]
    answer = functions.invoke(FunctionName=sweep)

    assert "FunctionError" not in answer, answer["Payload"].read()
