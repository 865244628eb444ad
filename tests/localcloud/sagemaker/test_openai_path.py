"""SageMaker's OpenAI path, by OpenAI's own client with a bearer token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.support.localcloud.bearer_token import bearer_token
from tests.support.localcloud.cloud import Cloud, add_role, assumed
from tests.support.localcloud.component_deployment import ComponentDeployment
from tests.support.localcloud.deployment import Deployment, unique
from twin.client.bearer_token import bearer_token as made_token

ENDLESS = {"ignore_eos": True}
"""So that a model of random weights does not end before its tokens are counted."""

MESSAGES: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "abc"}]


@pytest.fixture
def hosted(cloud: Cloud, model_file: Path) -> Iterator[ComponentDeployment]:
    deployment = ComponentDeployment(cloud, model_file)
    yield deployment
    deployment.delete()


def client(deployment: Deployment, token: str, component: str = "") -> openai.OpenAI:
    path = f"/endpoints/{deployment.endpoint}"
    if component:
        path += f"/inference-components/{component}"
    url = deployment.cloud.url(f"{path}/openai/v1")
    return openai.OpenAI(base_url=url, api_key=token, max_retries=0)


def test_endpoint_answers_whole_and_streamed(fresh: Deployment) -> None:
    fresh.create()
    with client(fresh, bearer_token(fresh.cloud)) as llm:
        whole = llm.chat.completions.create(
            model="", messages=MESSAGES, max_tokens=4, extra_body=ENDLESS
        )
        assert whole.usage is not None
        assert whole.usage.completion_tokens == 4
        stream = llm.chat.completions.create(
            model="", messages=MESSAGES, max_tokens=4, stream=True, extra_body=ENDLESS
        )
        pieces = list(stream)
        assert pieces[-1].choices[0].finish_reason == "length"
        with pytest.raises(openai.BadRequestError):  # the container's own words, as they are
            llm.chat.completions.create(model="", messages="not a list")  # type: ignore[call-overload]
        with pytest.raises(openai.NotFoundError):
            llm.models.list()


def test_component_has_a_path_of_its_own(hosted: ComponentDeployment) -> None:
    hosted.create()
    token = bearer_token(hosted.cloud)
    with client(hosted, token, hosted.endpoint) as llm:
        whole = llm.chat.completions.create(
            model="", messages=MESSAGES, max_tokens=4, extra_body=ENDLESS
        )
        assert whole.choices[0].finish_reason == "length"
    assert "Name header is required" in refusal(client(hosted, token), 400)
    assert "Component absent of account" in refusal(client(hosted, token, "absent"), 400)


def refusal(client: openai.OpenAI, status: int) -> str:
    """What the path says to a client that it refuses."""
    with client as llm, pytest.raises(openai.APIStatusError) as caught:
        llm.chat.completions.create(model="", messages=MESSAGES)
    assert caught.value.status_code == status
    return str(caught.value.response.json()["Message"])


def test_only_a_valid_token_opens_the_path(fresh: Deployment) -> None:
    cloud = fresh.cloud
    refused = {
        "sk-local": "must be a bearer token that begins with sagemaker-api-key-",
        "sagemaker-api-key-?": "the token is not base64",
        "sagemaker-api-key-YWJj": "not a presigned URL of CallWithBearerToken",
        bearer_token(cloud, secret="wrong"): "the token's signature does not match",
        bearer_token(cloud, expires=43201): "valid for more than 12 hours",
        bearer_token(cloud, expires=-60): "the token has expired",
        bearer_token(cloud, service="bedrock"): "not signed for sagemaker",
        bearer_token(cloud, action="InvokeEndpoint"): "not a presigned URL of CallWithBearerToken",
    }
    for token, said in refused.items():
        assert said in refusal(client(fresh, token), 403)
    found = refusal(client(fresh, bearer_token(cloud)), 400)
    assert f"Endpoint {fresh.endpoint} of account {cloud.settings.account} not found." in found


@pytest.mark.parametrize("missing", ["CallWithBearerToken", "InvokeEndpoint"])
def test_a_token_is_worth_both_rights_of_its_maker(fresh: Deployment, missing: str) -> None:
    """A token of temporary credentials, as a role's are, made as `twin token` makes it."""
    cloud = fresh.cloud
    arn = f"arn:aws:iam::{cloud.settings.account}:role/{unique('caller')}"
    rights = {
        "CallWithBearerToken": "*",
        "InvokeEndpoint": f"arn:aws:sagemaker:*:*:endpoint/{fresh.endpoint}",
    }
    statements = [
        {"Effect": "Allow", "Action": f"sagemaker:{action}", "Resource": resource}
        for action, resource in rights.items()
        if action != missing
    ]
    add_role(cloud, arn, *statements)

    said = refusal(client(fresh, made_token(assumed(cloud, arn), 60)), 403)

    assert f"is not authorized to perform: sagemaker:{missing}" in said
