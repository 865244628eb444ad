"""Operations on groups of model packages: names under which versions are counted."""

from __future__ import annotations

import json

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.awsjson.timestamps import now
from localcloud.sagemaker.control_plane.models_and_configs import tag
from localcloud.sagemaker.control_plane.package_lookup import GROUP, found_group
from localcloud.sagemaker.control_plane.store import (
    PackageGroup,
    Store,
    already_exists,
    listing,
    resource_arn,
)


class ModelPackageGroups:
    """Keeps groups and their resource policies."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "CreateModelPackageGroup": self._create,
            "DescribeModelPackageGroup": self._describe,
            "ListModelPackageGroups": self._list,
            "DeleteModelPackageGroup": self._delete,
            "PutModelPackageGroupPolicy": self._put_policy,
            "GetModelPackageGroupPolicy": self._get_policy,
            "DeleteModelPackageGroupPolicy": self._delete_policy,
        }

    async def _create(self, parameters: Document, scope: Scope) -> Document:
        name = parameters["ModelPackageGroupName"]
        resources = self._store[scope]
        if name in resources.package_groups:
            raise already_exists(scope, GROUP, name)
        arn = resource_arn(scope, GROUP, name)
        resources.package_groups[name] = PackageGroup(
            {
                **parameters,
                "ModelPackageGroupArn": arn,
                "CreationTime": now(),
                "CreatedBy": {},
                "ModelPackageGroupStatus": "Completed",
            }
        )
        tag(resources, arn, parameters)
        return {"ModelPackageGroupArn": arn}

    async def _describe(self, parameters: Document, scope: Scope) -> Document:
        return self._found(parameters, scope).document

    async def _list(self, parameters: Document, scope: Scope) -> Document:
        groups = (group.document for group in self._store[scope].package_groups.values())
        page, token = listing(groups, parameters, kind="ModelPackageGroup")
        return {"ModelPackageGroupSummaryList": page, **token}

    async def _delete(self, parameters: Document, scope: Scope) -> Document:
        group = self._found(parameters, scope)
        name = group.document["ModelPackageGroupName"]
        if group.packages:
            arn = group.document["ModelPackageGroupArn"]
            raise ServiceError(
                f'Model package group "{arn}" cannot be deleted because it has model packages.',
                code="ConflictException",
            )
        del self._store[scope].package_groups[name]
        self._store[scope].tags.pop(group.document["ModelPackageGroupArn"], None)
        return {}

    async def _put_policy(self, parameters: Document, scope: Scope) -> Document:
        group = self._found(parameters, scope)
        try:
            json.loads(parameters["ResourcePolicy"])
        except ValueError as error:
            raise ServiceError("ResourcePolicy is not valid JSON") from error
        group.policy = parameters["ResourcePolicy"]
        return {"ModelPackageGroupArn": group.document["ModelPackageGroupArn"]}

    async def _get_policy(self, parameters: Document, scope: Scope) -> Document:
        group = self._found(parameters, scope)
        if group.policy is None:
            arn = group.document["ModelPackageGroupArn"]
            raise ServiceError(f'Cannot find resource policy for: "{arn}".')
        return {"ResourcePolicy": group.policy}

    async def _delete_policy(self, parameters: Document, scope: Scope) -> Document:
        self._found(parameters, scope).policy = None
        return {}

    def _found(self, parameters: Document, scope: Scope) -> PackageGroup:
        return found_group(self._store, scope, parameters["ModelPackageGroupName"])
