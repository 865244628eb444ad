"""What our control planes refuse, and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.services import COMPONENT, ROLE, TARGET, Client, create_config


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "said"),
    [
        (
            "sagemaker",
            "DescribeEndpoint",
            {"EndpointName": "Absent"},
            "ValidationException",
            'Could not find endpoint "arn:aws:sagemaker:us-east-1:000000000042:endpoint/absent".',
        ),
        (
            "sagemaker",
            "CreateEndpoint",
            {"EndpointName": "E", "EndpointConfigName": "absent"},
            "ValidationException",
            "Could not find endpoint configuration "
            '"arn:aws:sagemaker:us-east-1:000000000042:endpoint-config/absent".',
        ),
        (
            "sagemaker",
            "CreateModel",
            {"ModelName": "M", "PrimaryContainer": {"Image": "llama-cpp"}},
            "ValidationException",
            "Cannot create already existing model "
            '"arn:aws:sagemaker:us-east-1:000000000042:model/m".',
        ),
        (
            "sagemaker",
            "CreateModel",
            {"ModelName": "N", "PrimaryContainer": {"ModelPackageName": "p"}},
            "ValidationException",
            "ModelPackage p does not exist.",
        ),
        (
            "sagemaker",
            "CreateNotebookInstance",
            {},
            "UnknownOperationException",
            "not emulated: sagemaker CreateNotebookInstance; emulated: AddTags, CreateEndpoint, ",
        ),
        (
            "sagemaker",
            "CreateInferenceComponent",
            {**COMPONENT, "RuntimeConfig": {"CopyCount": 0}},
            "ValidationException",
            "Inference components copy count an integer larger than 0",
        ),
        (
            "sagemaker",
            "CreateInferenceComponent",
            {**COMPONENT, "Specification": {"BaseInferenceComponentName": "other"}},
            "ValidationException",
            "An adapter component needs Container.ArtifactUrl, the address of one .tar.gz",
        ),
        (
            "sagemaker",
            "DescribeInferenceComponent",
            {"InferenceComponentName": "Absent"},
            "ValidationException",
            "Could not find inference component "
            '"arn:aws:sagemaker:us-east-1:000000000042:inference-component/absent".',
        ),
        (
            "application-autoscaling",
            "DeregisterScalableTarget",
            TARGET,
            "ObjectNotFoundException",
            "No scalable target found for service namespace: sagemaker, "
            "resource ID: endpoint/e/variant/a, "
            "scalable dimension: sagemaker:variant:DesiredInstanceCount",
        ),
        (
            "application-autoscaling",
            "RegisterScalableTarget",
            {**TARGET, "MinCapacity": 2, "MaxCapacity": 1},
            "ValidationException",
            "Maximum capacity cannot be less than minimum capacity",
        ),
    ],
)
def test_refusals_are_worded_as_the_service_words_them(
    call: Client, service: str, operation: str, parameters: dict[str, Any], code: str, said: str
) -> None:
    create_config(call)
    status, answer = call.raw(service, operation, json.dumps(parameters).encode())
    assert (status, answer["__type"]) == (400, code)
    assert answer["message"].startswith(said)


VARIANT = {"VariantName": "a", "InstanceType": "ml.c5.large", "InitialInstanceCount": 1}
POOL = {"InstanceType": "ml.c5.large", "Priority": 1}
MODELLED = {**VARIANT, "ModelName": "M"}
PREFIX = {"RoutingStrategy": "PREFIX_AWARE"}
SCALING = {"Status": "ENABLED", "MinInstanceCount": 2, "MaxInstanceCount": 3}


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ([MODELLED, MODELLED], "variant names must be unique"),
        ([{"VariantName": "a", "ModelName": "M"}], 'variant "a" needs InstanceType or'),
        ([{**MODELLED, "ManagedInstanceScaling": SCALING}], "ManagedInstanceScaling is only supp"),
        ([VARIANT, {**MODELLED, "VariantName": "b"}], "either all variants have a ModelName or"),
        ([VARIANT], "ExecutionRoleArn is required"),
        ([{**MODELLED, "RoutingConfig": PREFIX}], "PrefixAwareRoutingConfig must be specified if"),
        ([{**MODELLED, "InstancePools": [POOL]}], 'variant "a" needs InstanceType or Instance'),
        (
            [{**MODELLED, "RoutingConfig": {**PREFIX, "PrefixAwareRoutingConfig": {}}}],
            "PrefixAwareRoutingConfig needs ConcurrencyThreshold, PrefixLength",
        ),
    ],
)
def test_variants_that_cannot_be_are_refused(
    call: Client, variants: list[dict[str, Any]], said: str
) -> None:
    create_config(call)
    assert refusal(call, ProductionVariants=variants).startswith(said)


def test_hosting_variants_need_limits_that_hold(call: Client) -> None:
    variant = {**VARIANT, "ManagedInstanceScaling": SCALING}
    said = refusal(call, ExecutionRoleArn=ROLE, ProductionVariants=[variant])
    assert said.startswith("InitialInstanceCount must be from MinInstanceCount to MaxInstanceCount")
    variant = {**VARIANT, "InstanceType": "ml.g7.2xlarge"}
    said = refusal(call, ExecutionRoleArn=ROLE, ProductionVariants=[variant])
    assert said == "not emulated: the size of instance type ml.g7.2xlarge"


def test_type_that_the_region_does_not_have_is_refused(call: Client) -> None:
    create_config(call)
    assert refusal(call, ProductionVariants=[{**MODELLED, "InstanceType": "ml.g6e.xlarge"}]) == (
        "Instance type ml.g6e.xlarge is not supported for the chosen region. Please choose some "
        "other instance type."
    )


@pytest.mark.parametrize(
    "kind", ["ml.g5.xlarge", "ml.g4dn.xlarge", "ml.m5d.large", "ml.p5.48xlarge"]
)
def test_type_with_a_disk_of_its_own_takes_no_volume(call: Client, kind: str) -> None:
    create_config(call)
    variant = {**MODELLED, "InstanceType": kind, "VolumeSizeInGB": 100}
    assert refusal(call, ProductionVariants=[variant]) == (
        f"VolumeSize parameter is not allowed for the selected Instance type {kind}"
    )


def refusal(call: Client, **config: Any) -> str:
    body = json.dumps({"EndpointConfigName": "N", **config}).encode()
    status, answer = call.raw("sagemaker", "CreateEndpointConfig", body)
    assert (status, answer["__type"]) == (400, "ValidationException")
    return str(answer["message"])


def test_body_that_is_not_json_is_refused(call: Client) -> None:
    status, answer = call.raw("sagemaker", "ListModels", b"{")
    assert (status, answer["__type"]) == (400, "SerializationException")
