"""The functions' own policies: who may call them, within Lambda's limit of a policy's size."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from tests.support.synthesized import Synthesized, Template

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_BYTES = 20_480
LONGEST_NAME = "x" * 140


def permissions(template: Template) -> dict[str, list[dict[str, Any]]]:
    """Function -> the permissions that become its policy."""
    found = defaultdict(list)
    for permission in template.properties("AWS::Lambda::Permission"):
        found[json.dumps(permission["FunctionName"])].append(permission)
    return found


def statement(permission: dict[str, Any]) -> dict[str, Any]:
    """What Lambda makes of a permission, with every reference as long as an ARN may be."""
    return {
        "Sid": LONGEST_NAME,
        "Effect": "Allow",
        "Principal": {"Service": permission["Principal"]},
        "Action": permission["Action"],
        "Resource": LONGEST_NAME,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "111122223333"},
            "ArnLike": {"AWS:SourceArn": LONGEST_NAME},
        },
    }


def test_a_functions_policy_has_room(any_stage: Synthesized) -> None:
    for found in permissions(any_stage.api).values():
        policy = {"Version": "2012-10-17", "Statement": [statement(one) for one in found]}
        assert len(json.dumps(policy)) < MOST_BYTES / 4


def test_one_permission_lets_the_deployed_stage_call_a_function(any_stage: Synthesized) -> None:
    template = any_stage.api
    (stage,) = template.properties("AWS::ApiGateway::Stage")
    called = 0
    for found in permissions(template).values():
        sources = [
            json.dumps(one["SourceArn"])
            for one in found
            if one["Principal"] == "apigateway.amazonaws.com"
        ]
        routed = [source for source in sources if "/authorizers/" not in source]
        called += len(routed)
        assert len(routed) <= 1
        assert all(f"/{stage['StageName']}/*/*" in source for source in routed)
    assert called == 2
