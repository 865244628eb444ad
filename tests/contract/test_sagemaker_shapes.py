"""Every answer of our control planes, as it is sent, against botocore's output shapes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.model import StructureShape
from botocore.validate import ParamValidator

from localcloud.applicationautoscaling.operations import AutoScaling
from localcloud.applicationautoscaling.registry import Registry
from localcloud.awsjson.service import JsonService, Scope, Worker
from localcloud.awsjson.shapes import service_model
from localcloud.clock import Clock
from localcloud.ministack_hooks import request_scope
from localcloud.sagemaker.artifacts import ModelCache
from localcloud.sagemaker.catalog import Catalog
from localcloud.sagemaker.endpoints import Endpoints
from localcloud.sagemaker.inference_components import InferenceComponents
from localcloud.sagemaker.instances import Provisioner
from localcloud.sagemaker.invocation import RuntimeServiceError
from localcloud.sagemaker.objects import Objects
from localcloud.sagemaker.store import Store

SCOPE = Scope("000000000042", "us-east-1")
ROLE = "arn:aws:iam::000000000042:role/SageMakerExecution"
TAGS = [{"Key": "team", "Value": "twins"}]
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/a",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


class Client:
    """Calls services as HTTP does, and holds every answer against its shape."""

    def __init__(self, *services: JsonService) -> None:
        self._services = {service.name: service for service in services}

    def __call__(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        status, answer = self.raw(service, operation, json.dumps(parameters).encode())
        assert status == 200, answer
        model = service_model(service).operation_model(operation)
        if model.output_shape is None:
            assert answer == {}
        else:
            assert_fits(model.output_shape, answer)
        return answer

    def raw(self, service: str, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        headers = {"x-amz-target": f"Prefix.{operation}"}
        with request_scope(SCOPE.account, SCOPE.region):
            handled = self._services[service].handle("POST", "/", headers, body, {})
            status, headers, content = asyncio.run(handled)
        assert headers["Content-Type"] == "application/x-amz-json-1.1"
        return status, json.loads(content)


def assert_fits(shape: StructureShape, value: object) -> None:
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Client]:
    worker = Worker("test")
    store, registry = Store(), Registry()
    objects = Objects(lambda scope: None)
    models, provisioner = ModelCache(tmp_path, lambda scope: None), Provisioner(Clock())
    endpoints = Endpoints(store, models, objects, registry, provisioner)
    components = InferenceComponents(store, models, registry, provisioner)
    operations = {
        **Catalog(store).operations(),
        **endpoints.operations(),
        **components.operations(),
    }
    yield Client(
        JsonService("sagemaker", operations, worker),
        JsonService("application-autoscaling", AutoScaling(registry).operations(), worker),
    )
    worker.call(components.close())
    worker.call(endpoints.close())
    worker.stop()


def create_config(call: Client) -> None:
    container = {"Image": "llama-cpp", "Environment": {"SM_LLAMA_CPP_NO_SUCH_FLAG": "1"}}
    call(
        "sagemaker", "CreateModel", ModelName="M", ExecutionRoleArn=ROLE, PrimaryContainer=container
    )
    variant = {
        "VariantName": "a",
        "ModelName": "M",
        "InstanceType": "ml.c5.large",
        "InitialInstanceCount": 1,
    }
    call("sagemaker", "CreateEndpointConfig", EndpointConfigName="C", ProductionVariants=[variant])


def test_models_and_configs(call: Client) -> None:
    create_config(call)
    arn = call("sagemaker", "DescribeModel", ModelName="M")["ModelArn"]
    assert arn == "arn:aws:sagemaker:us-east-1:000000000042:model/m"
    assert len(call("sagemaker", "ListModels")["Models"]) == 1
    assert call("sagemaker", "AddTags", ResourceArn=arn, Tags=TAGS)["Tags"] == TAGS
    call("sagemaker", "DeleteTags", ResourceArn=arn, TagKeys=["team"])
    assert call("sagemaker", "ListTags", ResourceArn=arn)["Tags"] == []
    call("sagemaker", "DescribeEndpointConfig", EndpointConfigName="C")
    assert len(call("sagemaker", "ListEndpointConfigs")["EndpointConfigs"]) == 1
    call("sagemaker", "DeleteEndpointConfig", EndpointConfigName="C")
    call("sagemaker", "DeleteModel", ModelName="M")
    assert call("sagemaker", "ListModels") == {"Models": []}


def test_endpoints(call: Client) -> None:
    create_config(call)
    call("sagemaker", "CreateEndpoint", EndpointName="E", EndpointConfigName="C", Tags=TAGS)
    found = call("sagemaker", "DescribeEndpoint", EndpointName="E")
    assert found["EndpointStatus"] == "Creating"
    while found["EndpointStatus"] == "Creating":
        found = call("sagemaker", "DescribeEndpoint", EndpointName="E")
    assert "no-such-flag" in found["FailureReason"]
    assert call("sagemaker", "ListEndpoints")["Endpoints"][0]["EndpointStatus"] == "Failed"
    call("sagemaker", "DeleteEndpoint", EndpointName="E")


def test_scalable_targets(call: Client) -> None:
    def scaling(operation: str, **parameters: Any) -> dict[str, Any]:
        return call("application-autoscaling", operation, **parameters)

    arn = scaling("RegisterScalableTarget", **TARGET, MinCapacity=1, MaxCapacity=2)[
        "ScalableTargetARN"
    ]
    scaling("RegisterScalableTarget", **TARGET, MaxCapacity=3)
    (target,) = scaling("DescribeScalableTargets", ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    scaling("TagResource", ResourceARN=arn, Tags={"team": "twins"})
    scaling("UntagResource", ResourceARN=arn, TagKeys=["other"])
    assert scaling("ListTagsForResource", ResourceARN=arn) == {"Tags": {"team": "twins"}}
    predefined = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    tracking = {
        "TargetValue": 5.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": predefined},
    }
    policy = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    body = {"TargetTrackingScalingPolicyConfiguration": tracking}
    scaling("PutScalingPolicy", **TARGET, **policy, **body)
    found = scaling("DescribeScalingPolicies", ServiceNamespace="sagemaker", PolicyNames=["p"])
    assert found["ScalingPolicies"][0]["TargetTrackingScalingPolicyConfiguration"] == tracking
    scaling("DeleteScalingPolicy", **TARGET, PolicyName="p")
    action = {"ScheduledActionName": "night", "Schedule": "cron(0 20 * * ? *)"}
    capacity = {"MinCapacity": 0, "MaxCapacity": 0}
    scaling("PutScheduledAction", **TARGET, **action, ScalableTargetAction=capacity)
    found = scaling("DescribeScheduledActions", ServiceNamespace="sagemaker")
    assert found["ScheduledActions"][0]["ScalableTargetAction"] == capacity
    scaling("DeleteScheduledAction", **TARGET, ScheduledActionName="night")
    assert scaling("DescribeScalingActivities", ServiceNamespace="sagemaker") == {
        "ScalingActivities": []
    }
    scaling("DeregisterScalableTarget", **TARGET)
    assert scaling("DescribeScalableTargets", ServiceNamespace="sagemaker") == {
        "ScalableTargets": []
    }


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
            "not emulated: PrimaryContainer.ModelPackageName (the model registry)",
        ),
        (
            "sagemaker",
            "CreateNotebookInstance",
            {},
            "UnknownOperationException",
            "not emulated: sagemaker CreateNotebookInstance; emulated: AddTags, CreateEndpoint, ",
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


def test_body_that_is_not_json_is_refused(call: Client) -> None:
    status, answer = call.raw("sagemaker", "ListModels", b"{")
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_runtime_errors_are_modelled() -> None:
    model = service_model("sagemaker-runtime").operation_model("InvokeEndpoint")
    shapes = {shape.name: shape for shape in model.error_shapes}
    error = RuntimeServiceError(
        "ModelError",
        "text",
        status=424,
        OriginalStatusCode=500,
        OriginalMessage="m",
        LogStreamArn="a",
    )
    assert_fits(shapes[error.code], error.document)
    assert shapes[error.code].metadata["error"]["httpStatusCode"] == error.status
