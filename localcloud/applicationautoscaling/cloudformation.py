"""The CloudFormation types `ScalableTarget` and `ScalingPolicy`.

`Ref` of a target is `resource|dimension|namespace`, of a policy its ARN:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApplicationAutoScaling.html
"""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.applicationautoscaling.registry import TargetKey
from localcloud.awsjson.service import JsonService, Scope, ServiceError
from localcloud.ministack_hooks import Properties, ResourceType, register_resource_type


@dataclass(frozen=True)
class _ScalableTarget:
    service: JsonService

    def create(
        self, _logical_id: str, properties: Properties, _stack: str
    ) -> tuple[str, Properties]:
        physical_id = "|".join(
            properties[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")
        )
        return self.update(physical_id, {}, properties, "")

    def update(
        self, physical_id: str, old: Properties, new: Properties, _stack: str
    ) -> tuple[str, Properties]:
        scope = Scope.of_request()
        target = {k: v for k, v in new.items() if k not in ("ScheduledActions", "Tags")}
        tags = {entry["Key"]: entry["Value"] for entry in new.get("Tags") or []}
        self.service.provision("RegisterScalableTarget", {**target, "Tags": tags}, scope)
        key = _key(new)
        for action in _removed(old, new):
            name = {"ScheduledActionName": action}
            self.service.provision("DeleteScheduledAction", {**key, **name}, scope)
        for action in new.get("ScheduledActions") or []:
            self.service.provision("PutScheduledAction", {**key, **action}, scope)
        return physical_id, {"Id": physical_id}

    def delete(self, _physical_id: str, properties: Properties) -> None:
        _delete(self.service, "DeregisterScalableTarget", _key(properties))


@dataclass(frozen=True)
class _ScalingPolicy:
    service: JsonService

    def create(
        self, _logical_id: str, properties: Properties, _stack: str
    ) -> tuple[str, Properties]:
        parameters = {k: v for k, v in properties.items() if k != "ScalingTargetId"}
        parameters |= _key(properties)
        arn = self.service.provision("PutScalingPolicy", parameters, Scope.of_request())[
            "PolicyARN"
        ]
        return arn, {"Arn": arn}

    def update(
        self, _physical_id: str, _old: Properties, new: Properties, stack: str
    ) -> tuple[str, Properties]:
        return self.create("", new, stack)

    def delete(self, _physical_id: str, properties: Properties) -> None:
        parameters = {**_key(properties), "PolicyName": properties["PolicyName"]}
        _delete(self.service, "DeleteScalingPolicy", parameters)


def _key(properties: Properties) -> Properties:
    """Return a target's three parameters, from its own or from `ScalingTargetId`."""
    if target := properties.get("ScalingTargetId"):
        resource, dimension, namespace = target.split("|")
        return dict(zip(TargetKey.members(), (namespace, resource, dimension), strict=True))
    return {name: properties[name] for name in TargetKey.members()}


def _removed(old: Properties, new: Properties) -> set[str]:
    before, after = (
        {action["ScheduledActionName"] for action in properties.get("ScheduledActions") or []}
        for properties in (old, new)
    )
    return before - after


def _delete(service: JsonService, operation: str, parameters: Properties) -> None:
    try:
        service.provision(operation, parameters, Scope.of_request())
    except ServiceError as error:
        # Deleting the endpoint has deregistered it already.
        if error.code != "ObjectNotFoundException":
            raise


def register(service: JsonService) -> None:
    """Let stacks use Application Auto Scaling's types."""
    target = frozenset({"ResourceId", "ScalableDimension", "ServiceNamespace"})
    register_resource_type(
        ResourceType(
            name="AWS::ApplicationAutoScaling::ScalableTarget",
            provisioner=_ScalableTarget(service),
            replacing=target,
        )
    )
    register_resource_type(
        ResourceType(
            name="AWS::ApplicationAutoScaling::ScalingPolicy",
            provisioner=_ScalingPolicy(service),
            replacing=target | {"PolicyName", "ScalingTargetId"},
        )
    )
