from __future__ import annotations

import sys

import pytest

from lambda_api.handlers import authorizer

KEY = "k" * 40
ARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/live/POST/v1/chat/completions"


def authorize(headers):
    return authorizer.handler({"methodArn": ARN, "headers": headers}, None)


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_bearer_key_is_handed_to_the_usage_plan(name, scheme):
    assert authorize({name: f"{scheme} {KEY}"})["usageIdentifierKey"] == KEY


def test_the_policy_covers_every_method_of_the_stage_because_it_is_cached():
    (statement,) = authorize({"Authorization": f"Bearer {KEY}"})["policyDocument"]["Statement"]

    assert statement == {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:us-east-1:123456789012:abc123/live/*",
    }


def test_the_key_is_nowhere_that_is_logged():
    answer = authorize({"Authorization": f"Bearer {KEY}"})

    assert KEY not in answer["principalId"]
    assert "context" not in answer


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": f"Bearer {KEY} {KEY}"},
        {"Authorization": "Bearer short"},
        {"Authorization": "Bearer " + "k" * 129},
        {"Authorization": "Bearer " + "é" * 40},
        {"x-api-key": KEY},
    ],
)
def test_anything_else_is_unauthorized(headers):
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(headers)


def test_the_key_is_never_printed(capfd):
    authorize({"Authorization": f"Bearer {KEY}"})

    assert capfd.readouterr() == ("", "")


def test_it_imports_nothing_but_the_standard_library():
    imported = {
        value.__name__.split(".")[0]
        for value in vars(authorizer).values()
        if type(value).__name__ == "module"
    }

    assert imported <= set(sys.stdlib_module_names)
