"""SageMaker's model registry, with the bucket of weights, as rollouts use both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambda_api.rollouts.ports import RegisteredVersion
from lambda_api.rollouts.schemas import ServedVersion

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_sagemaker import SageMakerClient

_DENIED = {"AccessDenied", "AccessDeniedException"}
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class ModelRegistry:
    """The versions of one group.

    Args:
        sagemaker: Client.
        s3: Client.
        group: The group's ARN.
        bucket: The bucket of weights.
        archived: Whether batch transform serves versions too, each from an archive.
    """

    def __init__(
        self,
        sagemaker: SageMakerClient,
        s3: S3Client,
        *,
        group: str,
        bucket: str,
        archived: bool = False,
    ) -> None:
        self._sagemaker, self._s3, self._bucket = sagemaker, s3, bucket
        self._archived = archived
        self._versions = group.replace(":model-package-group/", ":model-package/", 1).lower() + "/"

    def describe(self, package: str) -> RegisteredVersion | None:
        """Return a version; None if there is none, or it is of another group."""
        if not package.lower().startswith(self._versions):
            return None
        try:
            found = self._sagemaker.describe_model_package(ModelPackageName=package)
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        metadata = found.get("CustomerMetadataProperties", {})
        digest = metadata.get("digest", "")
        uri = f"s3://{self._bucket}/models/{digest}/"
        return RegisteredVersion(
            ServedVersion(package=found["ModelPackageArn"], uri=uri, digest=digest),
            status=found.get("ModelApprovalStatus", ""),
            reason=found.get("ApprovalDescription", ""),
            approved_by=metadata.get("approved-by", ""),
        )

    def missing_weights(self, version: ServedVersion) -> str | None:
        """Return the first object of a version that is not in the bucket, or not whole."""
        key = f"models/{version.digest}.json"
        manifest = self._get(key)
        if manifest is None:
            return f"s3://{self._bucket}/{key}"
        sizes = {each["Key"]: each["Size"] for each in self._listed(f"models/{version.digest}")}
        archive = f"models/{version.digest}.tar.gz"
        if self._archived and archive not in sizes:
            return f"s3://{self._bucket}/{archive}"
        for file in json.loads(manifest)["files"]:
            if sizes.get(f"models/{version.digest}/{file['name']}") != file["size"]:
                return f"{version.uri}{file['name']}"
        return None

    def file(self, version: ServedVersion, name: str) -> bytes | None:
        """Return a small file of a version; None if it has none of this name."""
        return self._get(f"models/{version.digest}/{name}")

    def note(self, package: str, key: str, value: str) -> None:
        """Write into a version's metadata; a registry of another account is only read."""
        try:
            self._sagemaker.update_model_package(
                ModelPackageArn=package, CustomerMetadataProperties={key: value}
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _DENIED:
                raise

    def _listed(self, prefix: str) -> list[Any]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        return [each for page in pages for each in page.get("Contents", [])]

    def _get(self, key: str) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
