"""SageMaker's model registry: the only module that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_artifacts.registry.errors import RegistryError
from model_artifacts.registry.registration import Registration
from model_artifacts.registry.version import APPROVED_BY, Status, Version

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient


class ModelVersions:
    """The versions of one group.

    Attributes:
        group: name of the group, or its ARN where another account has it.
    """

    def __init__(self, client: SageMakerClient, group: str) -> None:
        self.group = group
        self._client = client

    def all(self) -> list[Version]:
        """Return the versions, the newest first.

        Raises:
            RegistryError: There is no such group.
        """
        pages = self._client.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.group, SortBy="CreationTime", SortOrder="Descending"
        )
        try:
            arns = [
                each["ModelPackageArn"]
                for page in pages
                for each in page["ModelPackageSummaryList"]
            ]
        except ClientError as error:
            if "Could not find" in str(error) or "does not exist" in str(error):
                raise RegistryError(
                    f"model package group {self.group}: not found; deploy the stage first"
                ) from error
            raise
        found = [self._described(arn) for arn in arns]
        return sorted(found, key=lambda version: version.number, reverse=True)

    def find(self, number: int) -> Version:
        """Return a version by its number.

        Raises:
            RegistryError: There is none.
        """
        found = self.all()
        for version in found:
            if version.number == number:
                return version
        there = ", ".join(str(version.number) for version in found) or "none"
        raise RegistryError(f"version: got {number}; must be one of the group's: {there}")

    def register(self, registration: Registration) -> tuple[Version, bool]:
        """Make a version; return it, and whether it is new.

        Raises:
            RegistryError: There is no such group, or too much metadata.
        """
        for version in self.all():
            if version.digest == registration.digest:
                return version, False
        made = self._client.create_model_package(**registration.request)
        return self._described(made["ModelPackageArn"]), True

    def decide(self, version: Version, status: Status, *, reason: str, by: str) -> None:
        """Approve or reject a version; the reason and the person stay with it."""
        self._client.update_model_package(
            ModelPackageArn=version.arn,
            ModelApprovalStatus=status,
            ApprovalDescription=reason,
            CustomerMetadataProperties={APPROVED_BY: by},
        )

    def _described(self, arn: str) -> Version:
        return Version.of(self._client.describe_model_package(ModelPackageName=arn))
