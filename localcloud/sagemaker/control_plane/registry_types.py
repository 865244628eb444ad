"""The CloudFormation types of the model registry: groups, and versions in them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-modelpackagegroup.html
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass

from localcloud.awsjson.service import JsonService, Scope, ServiceError
from localcloud.ministack_hooks import (
    Properties,
    Provisioner,
    ResourceType,
    register_resource_type,
)
from localcloud.sagemaker.control_plane.cloudformation import retag

_GROUP_FIXED = frozenset({"ModelPackageGroupName", "ModelPackageGroupDescription"})

_PACKAGE_FIXED = frozenset(
    {
        "ClientToken",
        "Domain",
        "DriftCheckBaselines",
        "InferenceSpecification",
        "MetadataProperties",
        "ModelMetrics",
        "ModelPackageDescription",
        "ModelPackageGroupName",
        "SamplePayloadUrl",
        "SecurityConfig",
        "SourceAlgorithmSpecification",
        "Task",
        "ValidationSpecification",
    }
)

_PACKAGE_CHANGED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "CustomerMetadataProperties",
    "ModelCard",
    "SourceUri",
)


@dataclass(frozen=True)
class _Group:
    """A group, whose physical id is its ARN; the policy is an operation of its own."""

    service: JsonService

    def create(
        self, _logical_id: str, properties: Properties, _stack: str
    ) -> tuple[str, Properties]:
        parameters = _without(properties, "ModelPackageGroupPolicy")
        answer = self.service.provision("CreateModelPackageGroup", parameters, Scope.of_request())
        self._put_policy(properties)
        return self._described(answer["ModelPackageGroupArn"])

    def update(
        self, physical_id: str, old: Properties, new: Properties, _stack: str
    ) -> tuple[str, Properties]:
        retag(self.service, physical_id, old, new)
        if "ModelPackageGroupPolicy" in new:
            self._put_policy(new)
        elif "ModelPackageGroupPolicy" in old:
            name = {"ModelPackageGroupName": physical_id}
            self.service.provision("DeleteModelPackageGroupPolicy", name, Scope.of_request())
        return self._described(physical_id)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        name = {"ModelPackageGroupName": physical_id}
        try:
            self.service.provision("DeleteModelPackageGroup", name, Scope.of_request())
        except ServiceError as error:
            if not error.message.startswith("Could not find"):
                raise

    def _put_policy(self, properties: Properties) -> None:
        policy = properties.get("ModelPackageGroupPolicy")
        if policy is None:
            return
        parameters = {
            "ModelPackageGroupName": properties["ModelPackageGroupName"],
            "ResourcePolicy": policy if isinstance(policy, str) else json.dumps(policy),
        }
        self.service.provision("PutModelPackageGroupPolicy", parameters, Scope.of_request())

    def _described(self, arn: str) -> tuple[str, Properties]:
        return arn, {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed"}


@dataclass(frozen=True)
class _Package:
    """A version, whose physical id is its ARN."""

    service: JsonService

    def create(
        self, _logical_id: str, properties: Properties, _stack: str
    ) -> tuple[str, Properties]:
        scope = Scope.of_request()
        arn = self.service.provision("CreateModelPackage", properties, scope)["ModelPackageArn"]
        return self._described(arn)

    def update(
        self, physical_id: str, old: Properties, new: Properties, _stack: str
    ) -> tuple[str, Properties]:
        retag(self.service, physical_id, old, new)
        changed = {
            name: new[name]
            for name in _PACKAGE_CHANGED
            if name in new and new[name] != old.get(name)
        }
        if changed:
            parameters = {**changed, "ModelPackageArn": physical_id}
            self.service.provision("UpdateModelPackage", parameters, Scope.of_request())
        return self._described(physical_id)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        name = {"ModelPackageName": physical_id}
        with suppress(ServiceError):
            self.service.provision("DeleteModelPackage", name, Scope.of_request())

    def _described(self, arn: str) -> tuple[str, Properties]:
        return arn, {"ModelPackageArn": arn, "ModelPackageStatus": "Completed"}


def register_registry_types(service: JsonService) -> None:
    """Let stacks use the types of the model registry."""
    types: dict[str, tuple[Provisioner, frozenset[str]]] = {
        "AWS::SageMaker::ModelPackageGroup": (_Group(service), _GROUP_FIXED),
        "AWS::SageMaker::ModelPackage": (_Package(service), _PACKAGE_FIXED),
    }
    for name, (provisioner, replacing) in types.items():
        register_resource_type(
            ResourceType(name=name, provisioner=provisioner, replacing=replacing)
        )


def _without(properties: Properties, *names: str) -> Properties:
    return {name: value for name, value in properties.items() if name not in names}
