"""Application Auto Scaling's operations: keep what is valid, give it back, forget it.

Error texts and rules: https://docs.aws.amazon.com/autoscaling/application/APIReference/
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable

from autoscaling.aws_shapes import target_tracking
from localcloud.applicationautoscaling.registry import (
    COPY_COUNT,
    VARIANT_COUNT,
    ItemKey,
    Registry,
    TargetKey,
)
from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks.iam import link_role

_POLICY_BODIES = {
    "StepScaling": "StepScalingPolicyConfiguration",
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
}

_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_SERVICE_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"

DEFAULT_PAGE = 50


class AutoScaling:
    """Carries the operations out on a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe_targets,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "PutScheduledAction": self._put_action,
            "DeleteScheduledAction": self._delete_action,
            "DescribeScheduledActions": self._describe_actions,
            "DescribeScalingActivities": self._describe_activities,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    async def _register(self, parameters: Document, scope: Scope) -> Document:
        key = TargetKey.of(parameters)
        if key.namespace != "sagemaker":
            raise ServiceError(f"not emulated: ServiceNamespace {key.namespace}")
        if key.dimension not in (VARIANT_COUNT, COPY_COUNT):
            raise ServiceError(f"not emulated: ScalableDimension {key.dimension}")
        kept = self._registry[scope]
        known = kept.targets.get(key, {})
        target = {**known, **parameters}
        for limit in ("MinCapacity", "MaxCapacity"):
            if limit not in target:
                raise ServiceError(f"{limit} must be specified for a new scalable target")
        if target["MinCapacity"] > target["MaxCapacity"]:
            raise ServiceError("Maximum capacity cannot be less than minimum capacity")
        if not known:
            arn = scope.arn("application-autoscaling", f"scalable-target/{uuid.uuid4().hex}")
            target |= {"ScalableTargetARN": arn, "CreationTime": _now()}
            kept.tags[arn] = {}
        kept.tags[target["ScalableTargetARN"]].update(target.pop("Tags", {}))
        role = link_role(_SERVICE, _SERVICE_ROLE, account=scope.account, region=scope.region)
        target.setdefault("RoleARN", role)
        switches = ("DynamicScalingIn", "DynamicScalingOut", "ScheduledScaling")
        off = {f"{switch}Suspended": False for switch in switches}
        target["SuspendedState"] = {**off, **target.get("SuspendedState", {})}
        kept.targets[key] = target
        return target

    async def _deregister(self, parameters: Document, scope: Scope) -> Document:
        self._target(parameters, scope)
        self._registry[scope].deregister(TargetKey.of(parameters))
        return {}

    async def _describe_targets(self, parameters: Document, scope: Scope) -> Document:
        targets = [
            target
            for target in self._registry[scope].targets.values()
            if _selected(target, parameters, "ResourceId", parameters.get("ResourceIds"))
        ]
        return _page("ScalableTargets", targets, parameters)

    async def _put_policy(self, parameters: Document, scope: Scope) -> Document:
        self._target(parameters, scope)
        policies = self._registry[scope].policies
        key = ItemKey(TargetKey.of(parameters), parameters["PolicyName"])
        policy = {**policies.get(key, {}), **parameters}
        kind = policy.setdefault("PolicyType", "StepScaling")
        if kind not in _POLICY_BODIES:
            raise ServiceError(f"not emulated: PolicyType {kind}")
        if _POLICY_BODIES[kind] not in policy:
            raise ServiceError(f"{_POLICY_BODIES[kind]} must be specified for {kind}")
        if "PolicyARN" not in policy:
            arn = _item_arn(scope, "scalingPolicy", key, "policyName")
            policy |= {"PolicyARN": arn, "CreationTime": _now()}
        if kind == "TargetTrackingScaling":
            policy["Alarms"] = _alarms(policy, key.target, scope)
        policies[key] = policy
        return {"Alarms": [], **policy}

    async def _delete_policy(self, parameters: Document, scope: Scope) -> Document:
        key = ItemKey(TargetKey.of(parameters), parameters["PolicyName"])
        if self._registry[scope].policies.pop(key, None) is None:
            raise _missing(f"No scaling policy found for {_told(key.target)}, name: {key.name}")
        return {}

    async def _describe_policies(self, parameters: Document, scope: Scope) -> Document:
        policies = [
            policy
            for policy in self._registry[scope].policies.values()
            if _selected(policy, parameters, "PolicyName", parameters.get("PolicyNames"))
        ]
        return _page("ScalingPolicies", policies, parameters)

    async def _put_action(self, parameters: Document, scope: Scope) -> Document:
        self._target(parameters, scope)
        actions = self._registry[scope].actions
        key = ItemKey(TargetKey.of(parameters), parameters["ScheduledActionName"])
        action = {**actions.get(key, {}), **parameters}
        if "Schedule" not in action or "ScalableTargetAction" not in action:
            raise ServiceError("Schedule and ScalableTargetAction must be specified")
        if "ScheduledActionARN" not in action:
            arn = _item_arn(scope, "scheduledAction", key, "scheduledActionName")
            action |= {"ScheduledActionARN": arn, "CreationTime": _now()}
        actions[key] = action
        return {}

    async def _delete_action(self, parameters: Document, scope: Scope) -> Document:
        key = ItemKey(TargetKey.of(parameters), parameters["ScheduledActionName"])
        if self._registry[scope].actions.pop(key, None) is None:
            raise _missing(f"No scheduled action found for {_told(key.target)}, name: {key.name}")
        return {}

    async def _describe_actions(self, parameters: Document, scope: Scope) -> Document:
        names = parameters.get("ScheduledActionNames")
        actions = [
            action
            for action in self._registry[scope].actions.values()
            if _selected(action, parameters, "ScheduledActionName", names)
        ]
        return _page("ScheduledActions", actions, parameters)

    async def _describe_activities(self, parameters: Document, scope: Scope) -> Document:
        activities = [
            activity
            for activity in self._registry[scope].activities
            if _selected(activity, parameters, "ActivityId", None)
            and (parameters.get("IncludeNotScaledActivities") or "StatusMessage" in activity)
        ]
        return _page("ScalingActivities", activities, parameters)

    async def _tag(self, parameters: Document, scope: Scope) -> Document:
        self._tags(parameters, scope).update(parameters["Tags"])
        return {}

    async def _untag(self, parameters: Document, scope: Scope) -> Document:
        for key in parameters["TagKeys"]:
            self._tags(parameters, scope).pop(key, None)
        return {}

    async def _list_tags(self, parameters: Document, scope: Scope) -> Document:
        return {"Tags": self._tags(parameters, scope)}

    def _tags(self, parameters: Document, scope: Scope) -> dict[str, str]:
        arn = parameters["ResourceARN"]
        tags = self._registry[scope].tags.get(arn)
        if tags is None:
            text = f"No scalable target found for ARN: {arn}"
            raise ServiceError(text, code="ResourceNotFoundException")
        return tags

    def _target(self, parameters: Document, scope: Scope) -> Document:
        key = TargetKey.of(parameters)
        if key not in self._registry[scope].targets:
            raise _missing(f"No scalable target found for {_told(key)}")
        return self._registry[scope].targets[key]


def _selected(document: Document, parameters: Document, name: str, names: list[str] | None) -> bool:
    """Tell whether a `Describe*` operation selects a document, by target and by name."""
    same = all(
        parameters.get(member, document[member]) == document[member]
        for member in TargetKey.members()
    )
    return same and (not names or document[name] in names)


def _page(member: str, documents: Iterable[Document], parameters: Document) -> Document:
    found = list(documents)
    start = int(parameters.get("NextToken", 0))
    end = start + parameters.get("MaxResults", DEFAULT_PAGE)
    token = {"NextToken": str(end)} if end < len(found) else {}
    return {member: found[start:end], **token}


def _item_arn(scope: Scope, kind: str, key: ItemKey, label: str) -> str:
    resource = f"{kind}:{uuid.uuid4()}:resource/{key.target.namespace}/{key.target.resource}"
    return scope.arn("autoscaling", f"{resource}:{label}/{key.name}")


def _alarms(policy: Document, target: TargetKey, scope: Scope) -> list[Document]:
    """Name the alarms that a target tracking policy makes; a changed policy keeps its names."""
    try:
        tracking = target_tracking(policy)
    except (KeyError, ValueError) as error:
        raise ServiceError(f"not emulated: this target tracking policy: {error}") from error
    ends = [alarm.name.rpartition("-")[2] for alarm in tracking.alarms]
    if len(policy.get("Alarms", [])) == len(ends):
        return list(policy["Alarms"])
    names = [f"TargetTracking-{target.resource}-{end}-{uuid.uuid4()}" for end in ends]
    return [
        {"AlarmName": name, "AlarmARN": scope.arn("cloudwatch", f"alarm:{name}")} for name in names
    ]


def _told(key: TargetKey) -> str:
    return (
        f"service namespace: {key.namespace}, resource ID: {key.resource}, "
        f"scalable dimension: {key.dimension}"
    )


def _missing(message: str) -> ServiceError:
    return ServiceError(message, code="ObjectNotFoundException")


def _now() -> float:
    return round(time.time(), 3)
