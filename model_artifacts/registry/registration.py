"""The request that makes a version of a pushed model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from model_artifacts.publishing.published import prefix_of
from model_artifacts.registry.errors import RegistryError
from model_artifacts.registry.version import DIGEST

MOST_PROPERTIES: Final = 50
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_TOKEN_CHARACTERS: Final = 36

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
_REFUSED: Final = re.compile(r"[^\w \t.:/=+\-@]")


@dataclass(frozen=True, kw_only=True)
class Registration:
    """All that a version is made of: weights, a manifest and measurements.

    Attributes:
        group: name or ARN of the model package group.
        bucket: name of the bucket that holds the weights.
        digest: of the model's manifest.
        image: container image by which SageMaker's own tools deploy the version.
        report: `s3://` address of the measurements; None without.
        commit: of the repository, with "-dirty" where files differ from it.
        metadata: such as quantization, context length and licence.
    """

    group: str
    bucket: str
    digest: str
    image: str
    report: str | None
    commit: str
    metadata: Mapping[str, str]

    @property
    def request(self) -> dict[str, Any]:
        """The parameters of CreateModelPackage.

        Raises:
            RegistryError: There is too much metadata.
        """
        source = {
            "S3Uri": f"s3://{self.bucket}/{prefix_of(self.digest)}",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
        container = {"Image": self.image, "ModelDataSource": {"S3DataSource": source}}
        request: dict[str, Any] = {
            "ModelPackageGroupName": self.group,
            "ModelPackageDescription": f"weights {self.digest}",
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json", "text/event-stream"],
            },
            "ModelApprovalStatus": "PendingManualApproval",
            # Twice is once: the same weights are the same version.
            "ClientToken": self.digest[:_TOKEN_CHARACTERS],
            "CustomerMetadataProperties": self._properties(),
            "MetadataProperties": {"CommitId": self.commit} if self.commit else {},
        }
        if self.report is not None:
            statistics = {"ContentType": "application/json", "S3Uri": self.report}
            request["ModelMetrics"] = {"ModelQuality": {"Statistics": statistics}}
        return request

    def _properties(self) -> dict[str, str]:
        given = {DIGEST: self.digest, **{k: v for k, v in self.metadata.items() if v}}
        if len(given) > MOST_PROPERTIES:
            raise RegistryError(f"got {len(given)} metadata; must be at most {MOST_PROPERTIES}")
        return {
            _REFUSED.sub(" ", key)[:_LONGEST_KEY]: _REFUSED.sub(" ", value)[:_LONGEST_VALUE]
            for key, value in given.items()
        }
