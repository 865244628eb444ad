"""A shadow variant: it gets copies of requests, and its answers are in the capture alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import poll
from tests.support.localcloud.captured import CAPTURE, captured
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import VARIANT, Deployment, unique

ASKED = 4


def variant(name: str, model: str, **given: Any) -> dict[str, Any]:
    types = {"InstanceType": "ml.c5.large", "InitialInstanceCount": 1}
    return {"VariantName": name, "ModelName": model, **types, **given}


def configure(deployment: Deployment, shadows: list[dict[str, Any]], **config: Any) -> str:
    name = unique("config")
    model = deployment.create_model(deployment.container(ALIAS="serving"))
    deployment.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant(VARIANT, model)],
        ShadowProductionVariants=shadows,
        **config,
    )
    return name


@pytest.fixture(scope="module")
def shadowed(cloud: Cloud, model_file: Path) -> Iterator[Deployment]:
    """An endpoint whose every request is copied to a shadow."""
    deployment = Deployment(cloud, model_file)
    shadow = variant("shadow", deployment.create_model(deployment.container(ALIAS="shadow")))
    config = configure(deployment, [shadow], DataCaptureConfig=CAPTURE)
    deployment.sagemaker.create_endpoint(
        EndpointName=deployment.endpoint, EndpointConfigName=config
    )
    assert deployment.settled()["EndpointStatus"] == "InService"
    yield deployment
    deployment.delete()


def test_both_answers_are_captured_and_the_client_gets_one(shadowed: Deployment) -> None:
    for number in range(ASKED):
        assert shadowed.invoke(InferenceId=f"whole-{number}")["model"] == "serving"
    streamed = b"".join(shadowed.stream(InferenceId="streamed"))
    assert b'"serving"' in streamed
    for name, alias in ((VARIANT, b'"serving"'), ("shadow", b'"shadow"')):
        lines = poll(
            lambda name=name: captured(shadowed, name), lambda found: len(found) == ASKED + 1
        )
        ids = {line["eventMetadata"]["inferenceId"] for line in lines}
        assert ids == {"streamed", *(f"whole-{number}" for number in range(ASKED))}
        for line in lines:
            asked, answered = (
                line["captureData"][f"endpoint{side}"] for side in ("Input", "Output")
            )
            assert (asked["mode"], answered["encoding"]) == ("INPUT", "BASE64")
            assert alias in base64.b64decode(answered["data"])


def test_an_endpoint_tells_of_its_shadow(shadowed: Deployment) -> None:
    found = shadowed.sagemaker.describe_endpoint(EndpointName=shadowed.endpoint)
    (shadow,) = found["ShadowProductionVariants"]
    assert (shadow["VariantName"], shadow["CurrentInstanceCount"]) == ("shadow", 1)
    assert [each["VariantName"] for each in found["ProductionVariants"]] == [VARIANT]


def test_nobody_asks_a_shadow(shadowed: Deployment) -> None:
    with pytest.raises(ClientError, match="Could not find variant shadow"):
        shadowed.invoke(TargetVariant="shadow")


def test_a_shadow_that_cannot_start_fails_the_endpoint(fresh: Deployment) -> None:
    broken = fresh.create_model(fresh.container(SPLIT_MODE="row"))
    config = configure(fresh, [variant("shadow", broken)])
    fresh.sagemaker.create_endpoint(EndpointName=fresh.endpoint, EndpointConfigName=config)
    assert "variant shadow did not pass" in fresh.settled()["FailureReason"]


@pytest.mark.parametrize(
    ("shadows", "reason"),
    [
        ([variant("one", "m"), variant("two", "m")], "You can only specify one variant"),
        ([variant(VARIANT, "m")], "variant names must be unique"),
    ],
)
def test_a_second_shadow_or_name_is_refused(
    fresh: Deployment, shadows: list[dict[str, Any]], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        configure(fresh, shadows)
