"""The request that makes a version."""

from __future__ import annotations

import re

import pytest

from localcloud.awsjson.shapes import check, service_model
from model_artifacts.registry.errors import RegistryError
from model_artifacts.registry.registration import Registration

DIGEST = "0123456789abcdef" * 4


def registration(**metadata: str) -> Registration:
    return Registration(
        group="twin",
        bucket="models",
        digest=DIGEST,
        image="1.dkr.ecr.eu-west-1.amazonaws.com/engine:1",
        report=f"s3://models/models/{DIGEST}.report.json",
        commit="abc-dirty",
        metadata=metadata,
    )


def test_the_request_is_one_that_sagemaker_takes() -> None:
    request = registration(license="Apache-2.0", empty="").request
    check(service_model("sagemaker").operation_model("CreateModelPackage").input_shape, request)
    assert request["CustomerMetadataProperties"] == {"digest": DIGEST, "license": "Apache-2.0"}
    assert request["ClientToken"] == DIGEST[:36]
    assert request["ModelApprovalStatus"] == "PendingManualApproval"


def test_metadata_is_cut_to_what_the_registry_allows() -> None:
    properties = registration(license="a, (b)" + "x" * 300).request["CustomerMetadataProperties"]
    assert len(properties["license"]) == 256
    assert re.fullmatch(r"[\w .:/=+\-@]*", properties["license"])


def test_too_much_metadata_is_refused() -> None:
    with pytest.raises(RegistryError, match="must be at most 50"):
        _ = registration(**{f"key{n}": "x" for n in range(50)}).request
