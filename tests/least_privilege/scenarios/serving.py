"""Answers, stored responses, background responses and files."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

from openai import AuthenticationError, PermissionDeniedError

from tests.least_privilege.world import QUESTION, World


def chat(world: World) -> None:
    """Answers, whole and streamed."""
    assert world.answer().choices
    messages = [{"role": "user", "content": QUESTION}]
    stream = world.client.chat.completions.create(
        model=world.model, messages=messages, stream=True, max_tokens=4
    )
    assert list(stream)


def whole(world: World) -> None:
    """An answer with a field of the engine's own that forbids a stream."""
    messages = [{"role": "user", "content": QUESTION}]
    assert world.client.chat.completions.create(
        model=world.model, messages=messages, max_tokens=4, extra_body={"best_of": 1}
    ).choices


def stranger(world: World) -> None:
    """A caller without a key: the authorizer's decisions are kept, but there is none of theirs."""
    assert world.client.models.list().data
    with suppress(PermissionDeniedError, AuthenticationError):
        world.client.with_options(api_key=uuid4().hex).models.list()


def responses(world: World) -> None:
    """A stored response: read, continued, listed, deleted."""
    first = world.response()
    assert world.client.responses.retrieve(first.id).status == "completed"
    assert world.client.responses.input_items.list(first.id).data
    assert world.response(previous_response_id=first.id).id
    world.client.responses.delete(first.id)


def background(world: World) -> None:
    """A background response that nobody asks for until its webhook tells of it."""
    response = world.response(background=True)
    event = response.id.replace("resp_", "evt_")
    # The receiver refuses an event once.
    world.wait(lambda: [a.status for a in world.webhooks.of(event)], lambda got: got[-1:] == [204])
    assert world.client.responses.retrieve(response.id).status == "completed"
    world.client.responses.delete(response.id)


def failed(world: World) -> None:
    """A background response whose input is too long: it goes through S3, and fails."""
    response = world.response(background=True, instructions="word " * 30_000)
    ended = world.settled(response)
    assert "context" in ended.error.message, ended
    world.client.responses.delete(response.id)


def watched(world: World) -> None:
    """A message of the watch on responses that names none: it is put off, and comes again."""
    sqs, logs = world.aws("sqs"), world.aws("logs")
    (url,) = [
        url
        for url in sqs.list_queues(QueueNamePrefix=f"{world.prefix}api").get("QueueUrls", [])
        if "Watches" in url
    ]
    group = world.log_group(world.function("async_completion"))
    began = int(time.time() * 1000)
    sqs.send_message(QueueUrl=url, MessageBody=uuid4().hex)
    try:
        world.wait(
            lambda: logs.filter_log_events(logGroupName=group, startTime=began)["events"],
            lambda events: any('"attempt":2' in event["message"] for event in events),
        )
    finally:
        sqs.purge_queue(QueueUrl=url)


def asked_for(world: World) -> None:
    """A background response that is asked for all the time; its caller may begin another then."""
    response = world.response(background=True)
    assert world.settled(response).status == "completed"
    world.wait(lambda: _held(world), lambda held: response.id not in held)
    world.client.responses.delete(response.id)


def _held(world: World) -> str:
    """Return what all callers hold, as it is written in the table."""
    dynamodb = world.aws("dynamodb")
    names = dynamodb.list_tables()["TableNames"]
    (table,) = [one for one in names if one.startswith(world.prefix) and "Quotas" in one]
    return str(dynamodb.scan(TableName=table)["Items"])


def cancelled(world: World) -> None:
    """A background response that is cancelled."""
    response = world.response(background=True)
    assert world.client.responses.cancel(response.id).status in {"cancelled", "completed"}


def files(world: World) -> None:
    """A file: uploaded, listed, read, deleted."""
    content = b'{"a": "' + b"x" * (3 << 20) + b'"}\n'
    file = world.client.files.create(file=("big.jsonl", content), purpose="batch")
    assert file.id in {one.id for one in world.client.files.list().data}
    assert len(world.client.files.content(file.id).content) == len(content)
    world.client.files.delete(file.id)


def endpoints(world: World) -> None:
    """Instances started anew, with weights from S3."""
    sagemaker = world.aws("sagemaker")

    def rested(name: str) -> Any:
        return world.wait(
            lambda: sagemaker.describe_endpoint(EndpointName=name),
            lambda found: found["EndpointStatus"] not in {"Updating", "SystemUpdating"},
        )

    for name in world.endpoints():
        rested(name)
        config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
        found = rested(name)
        assert found["EndpointStatus"] == "InService", found
        assert "FailureReason" not in found, found


def metrics(world: World) -> None:
    """The probe of the model, which gets a token, and publishes a metric of its own."""
    function, began = world.function("model_probe"), int(time.time() * 1000)
    world.invoke(function)
    logs = world.aws("logs").filter_log_events(
        logGroupName=world.log_group(function), startTime=began
    )
    assert not [one for one in logs["events"] if "probe failed" in one["message"]], logs
