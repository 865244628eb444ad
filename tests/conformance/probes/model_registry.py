"""SageMaker's own SDK at the model registry: a group, its versions, and the decision on one.

What the SDK cannot do on AWS either is a feature of its own, `own_...`: it works while it fails.
"""

from __future__ import annotations

import os

import boto3
from probing import MODEL, run
from pydantic import ValidationError
from sagemaker.core import shapes
from sagemaker.core.resources import ModelPackage, ModelPackageGroup
from sagemaker.core.shapes.shapes import InferenceSpecification

REGION = os.environ["AWS_REGION"]
CONTAINER = {"image": "engine:1", "model_data_url": "s3://bucket/model.tar.gz"}


def register() -> str:
    """Make a version as boto3 does; the SDK's way to do it fails once it is made."""
    made = boto3.client("sagemaker").create_model_package(
        ModelPackageGroupName=MODEL,
        InferenceSpecification={
            "Containers": [{"Image": "engine:1", "ModelDataUrl": "s3://bucket/model.tar.gz"}],
            "SupportedContentTypes": ["application/json"],
        },
        CustomerMetadataProperties={"digest": "d"},
    )
    return str(made["ModelPackageArn"])


def versions() -> list[int]:
    """List the group's versions, the oldest first."""
    listed = ModelPackage.get_all(
        model_package_group_name=MODEL, sort_by="CreationTime", sort_order="Ascending"
    )
    return [one.model_package_version for one in listed]


def group_create():
    made = ModelPackageGroup.create(model_package_group_name=MODEL, region=REGION)
    assert made.model_package_group_status == "Completed"


def group_get():
    found = ModelPackageGroup.get(model_package_group_name=MODEL)
    assert found.model_package_group_arn.endswith(f":model-package-group/{MODEL}")


def group_list():
    assert MODEL in [one.model_package_group_name for one in ModelPackageGroup.get_all()]


def own_specification():
    right = InferenceSpecification(containers=[CONTAINER])
    try:
        ModelPackage.create(model_package_group_name=MODEL, inference_specification=right)
    except ValidationError as error:
        assert error.errors()[0]["loc"] == ("inference_specification",)
    else:
        raise AssertionError("ModelPackage.create takes its own specification now")


def own_create():
    of_a_card = shapes.InferenceSpecification(containers=[CONTAINER])
    try:
        ModelPackage.create(model_package_group_name=MODEL, inference_specification=of_a_card)
    except KeyError as error:
        assert error.args == ("ModelPackageName",)
    else:
        raise AssertionError("ModelPackage.create works now: test what it makes")
    assert versions() == [1]


def package_get():
    arn = register()
    found = ModelPackage.get(model_package_name=arn)
    assert (found.model_package_version, found.model_approval_status) == (
        2,
        "PendingManualApproval",
    )
    assert found.customer_metadata_properties == {"digest": "d"}
    found.wait_for_status("Completed", poll=1, timeout=10)


def package_list():
    assert versions() == [1, 2]


def package_update():
    arn = next(iter(ModelPackage.get_all(model_package_group_name=MODEL))).model_package_arn
    package = ModelPackage.get(model_package_name=arn)
    updated = package.update(
        model_approval_status="Approved",
        approval_description="a test",
        customer_metadata_properties={"stage": "Deployed"},
    )
    assert (updated.model_approval_status, updated.approval_description) == ("Approved", "a test")
    assert updated.customer_metadata_properties == {"digest": "d", "stage": "Deployed"}
    approved = ModelPackage.get_all(
        model_package_group_name=MODEL, model_approval_status="Approved"
    )
    assert [one.model_package_arn for one in approved] == [arn]


def own_delete():
    package = next(iter(ModelPackage.get_all(model_package_group_name=MODEL)))
    try:
        package.delete()
    except Exception as error:
        assert "ModelPackageName" in str(error), error
    else:
        raise AssertionError("ModelPackage.delete works now: test what is left")
    assert versions() == [1, 2]


def group_delete():
    client = boto3.client("sagemaker")
    for package in list(ModelPackage.get_all(model_package_group_name=MODEL)):
        client.delete_model_package(ModelPackageName=package.model_package_arn)
    ModelPackageGroup.get(model_package_group_name=MODEL).delete()
    assert MODEL not in [one.model_package_group_name for one in ModelPackageGroup.get_all()]


run(
    group_create=group_create,
    group_get=group_get,
    group_list=group_list,
    own_specification=own_specification,
    own_create=own_create,
    package_get=package_get,
    package_list=package_list,
    package_update=package_update,
    own_delete=own_delete,
    group_delete=group_delete,
)
