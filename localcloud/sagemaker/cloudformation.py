"""The CloudFormation types `AWS::SageMaker::Model`, `EndpointConfig` and `Endpoint`.

`Ref` is the ARN, `Fn::GetAtt` gives `<Type>Name` and `<Type>Arn`:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SageMaker.html
"""

from __future__ import annotations

from dataclasses import dataclass, field

from localcloud.awsjson.service import JsonService, Scope, ServiceError
from localcloud.ministack_hooks import (
    Properties,
    ResourceType,
    physical_name,
    register_resource_type,
)
from localcloud.sagemaker.endpoints import Endpoints
from localcloud.sagemaker.instance import DeploymentFailedError

_UPDATE_ONLY = (
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)
"""Properties of an endpoint that say how it is updated."""

_DEPLOYED = ("EndpointConfigName", "DeploymentConfig")
"""Properties of an endpoint whose change is a deployment."""


@dataclass(frozen=True)
class _CatalogResource:
    """A model or an endpoint configuration: only its tags can change."""

    service: JsonService
    kind: str
    names: dict[str, str] = field(default_factory=dict)
    """By ARN, which has a name in lower case only."""

    def create(self, logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        name = properties.get(f"{self.kind}Name") or physical_name(stack, logical_id)
        parameters = {**properties, f"{self.kind}Name": name}
        answer = self.service.provision(f"Create{self.kind}", parameters, Scope.of_request())
        arn = answer[f"{self.kind}Arn"]
        self.names[arn] = name
        return arn, self._attributes(arn)

    def update(
        self, physical_id: str, old: Properties, new: Properties, _stack: str
    ) -> tuple[str, Properties]:
        _retag(self.service, physical_id, old, new)
        return physical_id, self._attributes(physical_id)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        if name := self.names.pop(physical_id, None):
            _delete(self.service, f"Delete{self.kind}", {f"{self.kind}Name": name})

    def _attributes(self, arn: str) -> Properties:
        return {f"{self.kind}Name": self.names[arn], f"{self.kind}Arn": arn}


@dataclass(frozen=True)
class _EndpointResource:
    """An endpoint: updated in place, and waited for."""

    service: JsonService
    endpoints: Endpoints
    names: dict[str, str] = field(default_factory=dict)
    """By ARN, which has a name in lower case only."""

    def create(self, logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        name = properties.get("EndpointName") or physical_name(stack, logical_id)
        parameters = {k: v for k, v in properties.items() if k not in _UPDATE_ONLY}
        scope = Scope.of_request()
        parameters["EndpointName"] = name
        arn = self.service.provision("CreateEndpoint", parameters, scope)["EndpointArn"]
        self.names[arn] = name
        try:
            return self._settled(scope, arn)
        except DeploymentFailedError:
            # The stack knows no physical id of a resource that failed: nobody else deletes it.
            self.delete(arn, {})
            raise

    def update(
        self, physical_id: str, old: Properties, new: Properties, _stack: str
    ) -> tuple[str, Properties]:
        scope = Scope.of_request()
        _retag(self.service, physical_id, old, new)
        if all(old.get(key) == new.get(key) for key in _DEPLOYED):
            return physical_id, self._attributes(physical_id)
        parameters = {k: v for k, v in new.items() if k != "Tags"}
        parameters["EndpointName"] = self.names[physical_id]
        self.service.provision("UpdateEndpoint", parameters, scope)
        return self._settled(scope, physical_id)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        scope = Scope.of_request()
        if name := self.names.pop(physical_id, None):
            _delete(self.service, "DeleteEndpoint", {"EndpointName": name})
            self.service.worker.call(self.endpoints.gone(scope, name))

    def _settled(self, scope: Scope, arn: str) -> tuple[str, Properties]:
        self.service.worker.call(self.endpoints.settled(scope, self.names[arn]))
        return arn, self._attributes(arn)

    def _attributes(self, arn: str) -> Properties:
        return {"EndpointName": self.names[arn], "EndpointArn": arn}


def _delete(service: JsonService, operation: str, parameters: Properties) -> None:
    try:
        service.provision(operation, parameters, Scope.of_request())
    except ServiceError as error:
        if not error.message.startswith("Could not find"):
            raise


def _retag(service: JsonService, arn: str, old: Properties, new: Properties) -> None:
    tags = new.get("Tags") or []
    kept = {entry["Key"] for entry in tags}
    removed = [entry["Key"] for entry in old.get("Tags") or [] if entry["Key"] not in kept]
    scope = Scope.of_request()
    if removed:
        service.provision("DeleteTags", {"ResourceArn": arn, "TagKeys": removed}, scope)
    if tags:
        service.provision("AddTags", {"ResourceArn": arn, "Tags": tags}, scope)


def register(service: JsonService, endpoints: Endpoints) -> None:
    """Let stacks use SageMaker's types."""
    register_resource_type(
        ResourceType(
            name="AWS::SageMaker::Model",
            provisioner=_CatalogResource(service, "Model"),
            replacing=frozenset(
                {
                    "Containers",
                    "EnableNetworkIsolation",
                    "ExecutionRoleArn",
                    "InferenceExecutionConfig",
                    "ModelName",
                    "PrimaryContainer",
                    "VpcConfig",
                }
            ),
        )
    )
    register_resource_type(
        ResourceType(
            name="AWS::SageMaker::EndpointConfig",
            provisioner=_CatalogResource(service, "EndpointConfig"),
            replacing=frozenset(
                {
                    "AsyncInferenceConfig",
                    "DataCaptureConfig",
                    "EnableNetworkIsolation",
                    "EndpointConfigName",
                    "ExecutionRoleArn",
                    "ExplainerConfig",
                    "KmsKeyId",
                    "MetricsConfig",
                    "ProductionVariants",
                    "ShadowProductionVariants",
                    "VpcConfig",
                }
            ),
        )
    )
    register_resource_type(
        ResourceType(
            name="AWS::SageMaker::Endpoint",
            provisioner=_EndpointResource(service, endpoints),
            replacing=frozenset({"EndpointName"}),
        )
    )
