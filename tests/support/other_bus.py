"""The default bus of another account, and what reaches it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4


@contextmanager
def heard_elsewhere(
    client: Callable[[str], Any], source: str, *, sender: str
) -> Iterator[Callable[[], list[Any]]]:
    """Give a way to take the events that have reached another account's bus.

    Args:
        client: Makes a client of a service in the other account.
        source: Of the events.
        sender: The account whose events its bus takes.
    """
    sqs, events, name = client("sqs"), client("events"), uuid4().hex
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    described = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    queue = described["Attributes"]["QueueArn"]
    events.put_permission(StatementId=name, Action="events:PutEvents", Principal=sender)
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [source]}))["RuleArn"]
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [delivery]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue}])

    def taken() -> list[Any]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    try:
        yield taken
    finally:
        events.remove_targets(Rule=name, Ids=["queue"])
        events.delete_rule(Name=name)
        events.remove_permission(StatementId=name)
        sqs.delete_queue(QueueUrl=url)
