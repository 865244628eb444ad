"""Queues that a service of AWS may send to: without a policy it may not."""

from __future__ import annotations

import json
from typing import Any

from tests.support.localcloud.deployment import unique


def create_queue(sqs: Any, name: str, service: str) -> str:
    """Create a queue for the messages of a service; return its URL."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = sqs.create_queue(QueueName=unique(name), Attributes={"Policy": policy})
    return str(made["QueueUrl"])
