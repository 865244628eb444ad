"""Our control planes, called as HTTP calls them, and held against botocore's shapes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from botocore.model import StructureShape
from botocore.validate import ParamValidator

from localcloud.awsjson.service import JsonService, Scope
from localcloud.awsjson.shapes import service_model
from localcloud.ministack_hooks import request_scope

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


COMPONENT = {
    "InferenceComponentName": "I",
    "EndpointName": "E",
    "Specification": {
        "ModelName": "M",
        "ComputeResourceRequirements": {
            "MinMemoryRequiredInMb": 1024,
            "NumberOfCpuCoresRequired": 1.0,
        },
        "SchedulingConfig": {"PlacementStrategy": "SPREAD"},
    },
}
