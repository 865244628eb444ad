"""What endpoints and inference components publish, read as a client of CloudWatch reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import eventually
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.component_deployment import ComponentDeployment
from tests.support.localcloud.deployment import VARIANT, Deployment
from tests.support.localcloud.published import Published

NOT_CHAT = '{"messages": "not a list"}'


@pytest.fixture
def hosted(cloud: Cloud, model_file: Path) -> Iterator[ComponentDeployment]:
    deployment = ComponentDeployment(cloud, model_file)
    yield deployment
    deployment.delete()


def refused(deployment: Deployment, body: str) -> dict[str, Any]:
    """Have the engine refuse a request; return the runtime's error."""
    with pytest.raises(ClientError) as caught:
        deployment.runtime.invoke_endpoint(
            EndpointName=deployment.endpoint, ContentType="application/json", Body=body
        )
    return dict(caught.value.response)


def test_variant_publishes_its_requests(fresh: Deployment) -> None:
    fresh.create(InitialInstanceCount=2)
    published = Published(
        fresh.cloud, "AWS/SageMaker", EndpointName=fresh.endpoint, VariantName=VARIANT
    )
    for _ in range(3):
        fresh.invoke(tokens=4)
    list(fresh.stream(tokens=4))
    refused(fresh, NOT_CHAT)
    eventually(lambda: published("ModelLatency", "SampleCount") == 5)  # published last
    assert published("Invocations") == 5
    assert published("InvocationsPerInstance") == 2.5
    assert published("Invocation4XXErrors") == 1
    assert published("Invocation4XXErrors", "Average") == 0.2
    assert published("Invocation5XXErrors") == 0
    assert 1_000 < (published("ModelLatency", "Average") or 0) < 60_000_000
    assert published("FirstChunkModelLatency", "SampleCount") == 1
    first = published("FirstChunkModelLatency", "Maximum")
    assert first is not None
    assert 0 < first <= (published("ModelLatency", "Maximum") or 0)
    assert published("InvocationModelErrors") == 1
    assert published("ConcurrentRequestsPerModel") is not None
    assert published("NoCapacityInvocationFailures") is None


def test_component_publishes_nothing_but_refusals_without_copies(
    hosted: ComponentDeployment,
) -> None:
    hosted.create()
    published = Published(hosted.cloud, "AWS/SageMaker", InferenceComponentName=hosted.endpoint)
    hosted.invoke(tokens=1)
    eventually(lambda: published("InvocationsPerCopy") == 1)
    hosted.scale(0)
    for _ in range(2):
        with suppress(hosted.runtime.exceptions.ValidationError):
            hosted.invoke()
    eventually(lambda: published("NoCapacityInvocationFailures") == 2)
    assert published("NoCapacityInvocationFailures", "Maximum") == 1
    samples = published("ConcurrentRequestsPerCopy", "SampleCount")
    with suppress(hosted.runtime.exceptions.ValidationError):
        hosted.invoke()
    eventually(lambda: published("NoCapacityInvocationFailures") == 3)
    assert published("ConcurrentRequestsPerCopy", "SampleCount") == samples


def test_prefix_sticks_to_an_instance_and_prefixes_spread(fresh: Deployment) -> None:
    routing = {
        "RoutingStrategy": "PREFIX_AWARE",
        "PrefixAwareRoutingConfig": {"PrefixLength": 1024, "ConcurrencyThreshold": 8},
    }
    fresh.create(InitialInstanceCount=2, RoutingConfig=routing)

    def instance(prefix: str, rest: str) -> str:
        return str(refused(fresh, prefix * 1024 + rest)["LogStreamArn"])

    owners = {prefix: instance(prefix, "") for prefix in "abcdefghijkl"}
    assert len(set(owners.values())) == 2
    for prefix, owner in owners.items():
        assert {instance(prefix, f"rest {n}") for n in range(3)} == {owner}
