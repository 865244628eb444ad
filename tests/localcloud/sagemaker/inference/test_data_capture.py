"""Data capture of an endpoint of inference components: in the endpoint's own role, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import poll
from tests.support.localcloud.captured import CAPTURE, captured
from tests.support.localcloud.cloud import ROLE, Cloud
from tests.support.localcloud.component_deployment import SCALING, ComponentDeployment
from tests.support.localcloud.deployment import VARIANT, Deployment, unique


@pytest.fixture
def hosted(cloud: Cloud, model_file: Path) -> Iterator[ComponentDeployment]:
    deployment = ComponentDeployment(cloud, model_file)
    name = unique("config")
    deployment.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ExecutionRoleArn=ROLE,
        ProductionVariants=[
            {
                "VariantName": VARIANT,
                "InstanceType": "ml.c5.xlarge",
                "InitialInstanceCount": 1,
                "ManagedInstanceScaling": SCALING,
            }
        ],
        DataCaptureConfig={
            **CAPTURE,
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        },
    )
    deployment.sagemaker.create_endpoint(EndpointName=deployment.endpoint, EndpointConfigName=name)
    deployment.settled()
    deployment.add()
    yield deployment
    deployment.delete()


def test_requests_to_a_component_are_captured(hosted: ComponentDeployment) -> None:
    hosted.invoke(InferenceId="one")
    (line,) = poll(lambda: captured(hosted, VARIANT), bool)
    answered = line["captureData"]["endpointOutput"]
    assert line["eventMetadata"]["inferenceId"] == "one"
    assert answered["encoding"] == "JSON"
    assert json.loads(answered["data"])["usage"]["completion_tokens"] == 4


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (
            {
                "AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/o/"}},
                "DataCaptureConfig": CAPTURE,
            },
            "not emulated: data capture of asynchronous endpoints",
        ),
        (
            {"DataCaptureConfig": {**CAPTURE, "DestinationS3Uri": "https://b/c"}},
            "DestinationS3Uri: an S3 URI must be s3://bucket/key",
        ),
    ],
)
def test_what_could_not_be_written_is_refused(
    fresh: Deployment, config: dict[str, Any], reason: str
) -> None:
    variant = {
        "VariantName": VARIANT,
        "ModelName": fresh.create_model(),
        "InstanceType": "ml.c5.large",
        "InitialInstanceCount": 1,
    }
    with pytest.raises(ClientError, match=reason):
        fresh.sagemaker.create_endpoint_config(
            EndpointConfigName=unique("config"), ProductionVariants=[variant], **config
        )
