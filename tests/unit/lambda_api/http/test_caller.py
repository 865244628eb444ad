"""Whose request it is, as either door tells."""

from __future__ import annotations

import json

import pytest

from lambda_api.http.caller import caller_id

KEY = {"identity": {"apiKeyId": "abc123", "userArn": None}}


def behind_mangum(context):
    return {"headers": [], "aws.event": {"requestContext": context}}


def behind_the_adapter(context):
    return {"headers": [(b"x-amzn-request-context", json.dumps(context).encode())]}


@pytest.mark.parametrize("door", [behind_mangum, behind_the_adapter])
def test_each_key_is_an_owner_through_both_doors(door):
    owner = caller_id(door(KEY))

    assert owner == "6ca13d52ca70c883e0f0bb101e425a89"
    assert owner != caller_id(door({"identity": {"apiKeyId": "other"}}))


def test_with_iam_the_caller_is_the_owner():
    arn = "arn:aws:iam::123456789012:user/a"

    assert len(caller_id(behind_mangum({"identity": {"apiKeyId": None, "userArn": arn}}))) == 32


def test_a_header_does_not_outvote_the_event():
    scope = behind_the_adapter(KEY) | behind_mangum({"identity": {"apiKeyId": "other"}})

    assert caller_id(scope) == caller_id(behind_mangum({"identity": {"apiKeyId": "other"}}))


@pytest.mark.parametrize("context", [None, [], {}, {"identity": 5}, {"identity": {}}])
def test_without_a_gateway_there_is_one_local_owner(context):
    assert caller_id(behind_the_adapter(context)) == "local"
    assert caller_id({"headers": []}) == "local"
