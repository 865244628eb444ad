"""Two keys of one deployed stage, and what it counts of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import openai
import pytest
from openai import OpenAI

from tests.support.eventually import eventually
from twin.local.cloud import LocalCloud
from twin.outputs import StageOutputs

SECRET = "the heron flies at dawn"


@pytest.fixture
def gateway(cloud: LocalCloud) -> Any:
    return cloud.session.client("apigateway", endpoint_url=cloud.settings.origin)


@pytest.fixture
def other(gateway: Any, stage: StageOutputs) -> Iterator[OpenAI]:
    """A client with a second key of the stage's usage plan."""
    key = gateway.create_api_key(name="other", value=f"other-{uuid4().hex}", enabled=True)
    # Other modules' stages may stand in the same cloud.
    (plan,) = [
        plan
        for plan in gateway.get_usage_plans()["items"]
        if any(served["apiId"] in stage.api_url for served in plan["apiStages"])
    ]
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    with OpenAI(base_url=stage.openai_base_url, api_key=key["value"], max_retries=0) as client:
        yield client
    gateway.delete_api_key(apiKey=key["id"])


@pytest.fixture
def held(cloud: LocalCloud) -> Any:
    """The names of all that callers hold, of one kind."""
    dynamodb = cloud.session.client("dynamodb", endpoint_url=cloud.settings.origin)

    def held(kind: str) -> set[str]:
        (table,) = [
            t for t in dynamodb.list_tables()["TableNames"] if "Quotas" in t and "twin-local-" in t
        ]
        items = dynamodb.scan(TableName=table)["Items"]
        return {
            name
            for item in items
            if item["holder"]["S"].startswith(f"{kind}/")
            for name in item["leases"]["M"]
        }

    return held


def test_another_key_reads_nothing_whatever_it_says(
    client: OpenAI, other: OpenAI, model: str, gateway: Any
) -> None:
    keys = gateway.get_api_keys(includeValues=True)["items"]
    (first_key,) = [key["id"] for key in keys if key["value"] == client.api_key]
    first = client.responses.create(model=model, input=SECRET, max_output_tokens=4)
    identity = {"apiKeyId": first_key}
    claim = {"X-Amzn-Request-Context": json.dumps({"identity": identity})}

    for headers in ({}, claim):
        with pytest.raises(openai.APIStatusError) as caught:
            other.responses.create(
                model=model, input="go on", previous_response_id=first.id, extra_headers=headers
            )
        assert caught.value.status_code in {400, 404}
        assert SECRET not in caught.value.response.text
        with pytest.raises(openai.NotFoundError):
            other.responses.retrieve(first.id, extra_headers=headers)
    assert client.responses.retrieve(first.id).id == first.id


def test_what_is_stored_counts_until_it_is_deleted(client: OpenAI, held: Any) -> None:
    file = client.files.create(file=("a.jsonl", b"{}\n"), purpose="batch")
    assert file.id in held("stored-files")

    client.files.delete(file.id)

    assert file.id not in held("stored-files")


def test_a_background_response_counts_until_sagemaker_is_done(
    client: OpenAI, model: str, held: Any
) -> None:
    queued = client.responses.create(model=model, input="hi", background=True)
    client.responses.cancel(queued.id)

    eventually(lambda: queued.id not in held("background-responses-in-flight"))
