"""Operations on model packages: the versions of a group, and the event of each change.

Packages outside a group, those of the marketplace, are refused as not emulated. Only they have a
ModelPackageName: a version's description has none, though the service model says that each has, and
its event's is `group/version`.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html,
https://github.com/aws/sagemaker-python-sdk/issues/5606
"""

from __future__ import annotations

from typing import Any, Final

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.awsjson.timestamps import now
from localcloud.ministack_hooks import put_event
from localcloud.sagemaker.control_plane.models_and_configs import tag
from localcloud.sagemaker.control_plane.package_lookup import found_group, found_package
from localcloud.sagemaker.control_plane.store import Store, listing

_REPLACED: Final = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)
"""Members that UpdateModelPackage puts in place of the old ones; the rest never changes."""

_NOT_EMULATED: Final = {
    "ModelPackageName": "a package outside a group",
    "SourceAlgorithmSpecification": "algorithms of the marketplace",
    "ValidationSpecification": "validation jobs",
}

_MOST_PROPERTIES: Final = 50
"""Most pairs of CustomerMetadataProperties."""

_TOLD: Final = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "InferenceSpecification",
    "ModelMetrics",
    "CustomerMetadataProperties",
)
"""Members of the event's detail: "Model package state change" in
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""


class ModelPackages:
    """Keeps versions, and tells EventBridge of them."""

    def __init__(self, store: Store, *, duplicate_events: bool = False) -> None:
        self._store = store
        self._times = 2 if duplicate_events else 1

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "CreateModelPackage": self._create,
            "DescribeModelPackage": self._describe,
            "BatchDescribeModelPackage": self._describe_several,
            "ListModelPackages": self._list,
            "UpdateModelPackage": self._update,
            "DeleteModelPackage": self._delete,
        }

    async def _create(self, parameters: Document, scope: Scope) -> Document:
        for member, feature in _NOT_EMULATED.items():
            if member in parameters:
                raise ServiceError(f"not emulated: {member} ({feature})")
        if "ModelPackageGroupName" not in parameters:
            raise ServiceError("a model package needs ModelPackageGroupName")
        group = found_group(self._store, scope, parameters["ModelPackageGroupName"])
        name = group.document["ModelPackageGroupName"]
        token = parameters.get("ClientToken")
        if token is not None and token in group.tokens:
            return {"ModelPackageArn": group.tokens[token]}
        group.last_version += 1
        version = group.last_version
        arn = scope.arn("sagemaker", f"model-package/{name.lower()}/{version}")
        group.packages[version] = {
            "ModelApprovalStatus": "PendingManualApproval",
            "ModelPackageRegistrationType": "Registered",
            **{key: value for key, value in parameters.items() if key != "ClientToken"},
            "ModelPackageGroupName": name,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CreationTime": now(),
            "CreatedBy": {},
        }
        if token is not None:
            group.tokens[token] = arn
        tag(self._store[scope], arn, parameters)
        self._tell(group.packages[version], scope, [])
        return {"ModelPackageArn": arn}

    async def _describe(self, parameters: Document, scope: Scope) -> Document:
        return found_package(self._store, scope, parameters["ModelPackageName"])

    async def _describe_several(self, parameters: Document, scope: Scope) -> Document:
        found, missing = {}, {}
        for arn in parameters["ModelPackageArnList"]:
            try:
                found[arn] = found_package(self._store, scope, arn)
            except ServiceError as error:
                missing[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
        return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": missing}

    async def _list(self, parameters: Document, scope: Scope) -> Document:
        if "ModelPackageGroupName" not in parameters:
            return {"ModelPackageSummaryList": []}  # packages outside groups: there are none
        group = found_group(self._store, scope, parameters["ModelPackageGroupName"])
        status = parameters.get("ModelApprovalStatus")
        found = [
            package
            for package in group.packages.values()
            if status in (None, package["ModelApprovalStatus"])
        ]
        page, token = listing(found, parameters, kind="ModelPackage", named="Group")
        return {"ModelPackageSummaryList": page, **token}

    async def _update(self, parameters: Document, scope: Scope) -> Document:
        package = found_package(self._store, scope, parameters["ModelPackageArn"])
        changed: list[str] = [member for member in _REPLACED if member in parameters]
        package.update({member: parameters[member] for member in changed})
        properties = dict(package.get("CustomerMetadataProperties", {}))
        properties.update(parameters.get("CustomerMetadataProperties", {}))
        for key in parameters.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(key, None)
        if properties != package.get("CustomerMetadataProperties", {}):
            _check_size(properties)
            package["CustomerMetadataProperties"] = properties
            changed.append("CustomerMetadataProperties")
        if more := parameters.get("AdditionalInferenceSpecificationsToAdd"):
            package.setdefault("AdditionalInferenceSpecifications", []).extend(more)
            changed.append("AdditionalInferenceSpecifications")
        package["LastModifiedTime"] = now()
        self._tell(package, scope, changed)
        return {"ModelPackageArn": package["ModelPackageArn"]}

    async def _delete(self, parameters: Document, scope: Scope) -> Document:
        package = found_package(self._store, scope, parameters["ModelPackageName"])
        group = found_group(self._store, scope, package["ModelPackageGroupName"])
        del group.packages[package["ModelPackageVersion"]]
        self._store[scope].tags.pop(package["ModelPackageArn"], None)
        return {}

    def _tell(self, package: Document, scope: Scope, changed: list[str]) -> None:
        """Put the event, or with duplicates on the same event twice: delivery is at least once."""
        detail: dict[str, Any] = {name: package[name] for name in _TOLD if name in package}
        detail["ModelPackageName"] = (
            f"{package['ModelPackageGroupName']}/{package['ModelPackageVersion']}"
        )
        detail["CreationTime"] = int(package["CreationTime"] * 1000)
        if changed:
            detail["UpdatedModelPackageFields"] = changed
        put_event(
            "aws.sagemaker",
            "SageMaker Model Package State Change",
            detail,
            [package["ModelPackageArn"]],
            account=scope.account,
            region=scope.region,
            times=self._times,
        )


def _check_size(properties: Document) -> None:
    if len(properties) > _MOST_PROPERTIES:
        raise ServiceError(
            f"CustomerMetadataProperties has {len(properties)} entries; at most {_MOST_PROPERTIES}"
        )
