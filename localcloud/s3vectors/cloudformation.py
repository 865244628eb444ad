"""The CloudFormation types `VectorBucket` and `Index`. `Ref` of both is the ARN.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3Vectors.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from localcloud.awsjson.service import JsonService, Scope, ServiceError
from localcloud.ministack_hooks import (
    Properties,
    ResourceType,
    physical_name,
    register_resource_type,
)

_MEMBERS = {"KMSKeyArn": "kmsKeyArn", "SSEType": "sseType"}


@dataclass(frozen=True)
class _Provisioner:
    service: JsonService
    kind: Literal["VectorBucket", "Index"]

    @property
    def _member(self) -> str:
        return self.kind[0].lower() + self.kind[1:]

    def create(self, logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        parameters = _parameters(properties)
        name = physical_name(stack, logical_id).lower()
        parameters.setdefault(f"{self._member}Name", name)
        answer = self._ask(f"Create{self.kind}", parameters)
        return self._described(answer[f"{self._member}Arn"])

    def update(
        self, physical_id: str, old: Properties, new: Properties, _stack: str
    ) -> tuple[str, Properties]:
        before, after = _tags(old), _tags(new)
        arn = {"resourceArn": physical_id}
        if gone := sorted(before.keys() - after.keys()):
            self._ask("UntagResource", {**arn, "tagKeys": gone})
        if after:
            self._ask("TagResource", {**arn, "tags": after})
        return self._described(physical_id)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        try:
            self._ask(f"Delete{self.kind}", {f"{self._member}Arn": physical_id})
        except ServiceError as error:
            if error.code != "NotFoundException":
                raise

    def _described(self, arn: str) -> tuple[str, Properties]:
        found = self._ask(f"Get{self.kind}", {f"{self._member}Arn": arn})[self._member]
        made = datetime.fromtimestamp(found["creationTime"], UTC)
        return arn, {f"{self.kind}Arn": arn, "CreationTime": made.isoformat()}

    def _ask(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        return self.service.provision(operation, parameters, Scope.of_request())


def _parameters(properties: Properties) -> dict[str, Any]:
    parameters = {name: value for name, value in properties.items() if name != "Tags"}
    told: dict[str, Any] = _spelled(parameters)
    return {**told, "tags": _tags(properties)} if properties.get("Tags") else told


def _spelled(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Spell a template's members as the API does: with a small first letter."""
    if isinstance(value, dict):
        return {
            _MEMBERS.get(name, name[0].lower() + name[1:]): _spelled(item)
            for name, item in value.items()
        }
    return value


def _tags(properties: Properties) -> dict[str, str]:
    return {entry["Key"]: entry["Value"] for entry in properties.get("Tags") or []}


def register(service: JsonService) -> None:
    """Let stacks use S3 Vectors' types; but for tags, a change is a replacement."""
    bucket = {"VectorBucketName", "EncryptionConfiguration"}
    index = bucket | {"VectorBucketArn", "IndexName", "DataType", "Dimension", "DistanceMetric"}
    for kind, replacing in (
        ("VectorBucket", bucket),
        ("Index", index | {"MetadataConfiguration"}),
    ):
        register_resource_type(
            ResourceType(
                name=f"AWS::S3Vectors::{kind}",
                provisioner=_Provisioner(service, kind),  # type: ignore[arg-type]
                replacing=frozenset(replacing),
            )
        )
