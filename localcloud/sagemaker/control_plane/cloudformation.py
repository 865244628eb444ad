"""The CloudFormation types of SageMaker: models and what they are deployed with.

`Ref` is the ARN, `Fn::GetAtt` gives `<Type>Name` and `<Type>Arn`:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SageMaker.html
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

from localcloud.awsjson.service import JsonService, Scope, ServiceError
from localcloud.ministack_hooks import (
    Properties,
    Provisioner,
    ResourceType,
    physical_name,
    register_resource_type,
)
from localcloud.sagemaker.control_plane.endpoints import Endpoints
from localcloud.sagemaker.control_plane.inference_components import InferenceComponents
from localcloud.sagemaker.instances.errors import DeploymentFailedError

_UPDATE_ONLY = (
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)
"""Properties of an endpoint that say how it is updated."""

_FIXED = ("EndpointName", "VariantName", "InferenceComponentName")
"""Properties of an inference component that no operation changes. Its type has none that makes
CloudFormation replace it."""

_ROLLED_OUT = ("Specification", "Specifications", "RuntimeConfig")
"""Properties of an inference component whose change is an update."""

_DEPLOYED = ("EndpointConfigName", "DeploymentConfig")
"""Properties of an endpoint whose change is a deployment."""


@dataclass(frozen=True)
class _ImmutableResource:
    """A model or an endpoint configuration: only its tags can change.

    Attributes:
        names: resource names by ARN; an ARN has a name in lower case only.
    """

    service: JsonService
    kind: str
    names: dict[str, str] = field(default_factory=dict)

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
        retag(self.service, physical_id, old, new)
        return physical_id, self._attributes(physical_id)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        if name := self.names.pop(physical_id, None):
            _delete(self.service, f"Delete{self.kind}", {f"{self.kind}Name": name})

    def _attributes(self, arn: str) -> Properties:
        return {f"{self.kind}Name": self.names[arn], f"{self.kind}Arn": arn}


@dataclass(frozen=True)
class _DeployedResource(ABC):
    """A resource updated in place and waited for: an endpoint or an inference component.

    Attributes:
        names: resource names by ARN; an ARN has a name in lower case only.
    """

    service: JsonService
    operations: Endpoints | InferenceComponents
    kind: ClassVar[str]
    names: dict[str, str] = field(default_factory=dict)

    def create(self, logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        name = properties.get(f"{self.kind}Name") or physical_name(stack, logical_id)
        parameters = {**self._creating(properties), f"{self.kind}Name": name}
        scope = Scope.of_request()
        arn = self.service.provision(f"Create{self.kind}", parameters, scope)[f"{self.kind}Arn"]
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
        retag(self.service, physical_id, old, new)
        parameters = self._updating(old, new)
        if not parameters:
            return physical_id, self._attributes(physical_id)
        parameters[f"{self.kind}Name"] = self.names[physical_id]
        self.service.provision(f"Update{self.kind}", parameters, scope)
        return self._settled(scope, physical_id)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        scope = Scope.of_request()
        if name := self.names.pop(physical_id, None):
            # A scaling activity may be under way, which deletions do not interrupt.
            with suppress(DeploymentFailedError, ServiceError):
                self.service.worker.call(self.operations.settled(scope, name))
            _delete(self.service, f"Delete{self.kind}", {f"{self.kind}Name": name})
            self.service.worker.call(self.operations.gone(scope, name))

    @abstractmethod
    def _creating(self, properties: Properties) -> Properties:
        """Select the properties that the creating operation takes."""

    @abstractmethod
    def _updating(self, old: Properties, new: Properties) -> Properties:
        """Select the parameters of the updating operation; none where nothing is to be deployed."""

    def _settled(self, scope: Scope, arn: str) -> tuple[str, Properties]:
        self.service.worker.call(self.operations.settled(scope, self.names[arn]))
        return arn, self._attributes(arn)

    def _attributes(self, arn: str) -> Properties:
        return {f"{self.kind}Name": self.names[arn], f"{self.kind}Arn": arn}


class _EndpointResource(_DeployedResource):
    kind = "Endpoint"

    def _creating(self, properties: Properties) -> Properties:
        return _without(properties, *_UPDATE_ONLY)

    def _updating(self, old: Properties, new: Properties) -> Properties:
        if all(old.get(key) == new.get(key) for key in _DEPLOYED):
            return {}
        return _without(new, "Tags")


class _InferenceComponentResource(_DeployedResource):
    kind = "InferenceComponent"

    def _creating(self, properties: Properties) -> Properties:
        return _without(properties, "EndpointArn", "DeploymentConfig")

    def _updating(self, old: Properties, new: Properties) -> Properties:
        fixed = [name for name in _FIXED if old.get(name) != new.get(name)]
        if fixed:
            raise ServiceError(f"{', '.join(fixed)} of an inference component cannot be changed")
        if all(old.get(key) == new.get(key) for key in _ROLLED_OUT):
            return {}
        # The count is sent with every update (docs/decisions/0033): a deploy proves the model.
        return _only(new, *_ROLLED_OUT, "DeploymentConfig")


def _without(properties: Properties, *names: str) -> Properties:
    return {name: value for name, value in properties.items() if name not in names}


def _only(properties: Properties, *names: str) -> Properties:
    return {name: properties[name] for name in names if name in properties}


def _delete(service: JsonService, operation: str, parameters: Properties) -> None:
    try:
        service.provision(operation, parameters, Scope.of_request())
    except ServiceError as error:
        if not error.message.startswith("Could not find"):
            raise


def retag(service: JsonService, arn: str, old: Properties, new: Properties) -> None:
    """Bring a resource's tags from those of the old properties to those of the new."""
    tags = new.get("Tags") or []
    kept = {entry["Key"] for entry in tags}
    removed = [entry["Key"] for entry in old.get("Tags") or [] if entry["Key"] not in kept]
    scope = Scope.of_request()
    if removed:
        service.provision("DeleteTags", {"ResourceArn": arn, "TagKeys": removed}, scope)
    if tags:
        service.provision("AddTags", {"ResourceArn": arn, "Tags": tags}, scope)


_REPLACING = {
    "Model": {
        "Containers",
        "EnableNetworkIsolation",
        "ExecutionRoleArn",
        "InferenceExecutionConfig",
        "ModelName",
        "PrimaryContainer",
        "VpcConfig",
    },
    "EndpointConfig": {
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
    },
    "Endpoint": {"EndpointName"},
    "InferenceComponent": set[str](),
}
"""Properties whose change needs a new resource, by type."""


def register(service: JsonService, endpoints: Endpoints, components: InferenceComponents) -> None:
    """Let stacks use SageMaker's types."""
    provisioners: dict[str, Provisioner] = {
        "Model": _ImmutableResource(service, "Model"),
        "EndpointConfig": _ImmutableResource(service, "EndpointConfig"),
        "Endpoint": _EndpointResource(service, endpoints),
        "InferenceComponent": _InferenceComponentResource(service, components),
    }
    for kind, provisioner in provisioners.items():
        register_resource_type(
            ResourceType(
                name=f"AWS::SageMaker::{kind}",
                provisioner=provisioner,
                replacing=frozenset(_REPLACING[kind]),
            )
        )
