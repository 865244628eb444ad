"""A version as the registry has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Self

Status = Literal["Approved", "Rejected", "PendingManualApproval"]

DIGEST, APPROVED_BY = "digest", "approved-by"
"""Keys of a version's metadata that rollouts read."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a model.

    Attributes:
        number: in its group, from 1.
        arn: of the model package.
        status: of its approval.
        reason: of its approval or rejection.
        created: when it was registered.
        metadata: the digest of its manifest, its measurements' place, its stages, and more.
        commit: of the repository that it was registered from.
        report: `s3://` address of the measurements; empty without.
    """

    number: int
    arn: str
    status: Status
    reason: str
    created: datetime
    metadata: Mapping[str, str]
    commit: str
    report: str

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self:
        """Read the answer of DescribeModelPackage."""
        quality = described.get("ModelMetrics", {}).get("ModelQuality", {})
        return cls(
            number=described["ModelPackageVersion"],
            arn=described["ModelPackageArn"],
            status=described.get("ModelApprovalStatus", "PendingManualApproval"),
            reason=described.get("ApprovalDescription", ""),
            created=described["CreationTime"],
            metadata=dict(described.get("CustomerMetadataProperties", {})),
            commit=described.get("MetadataProperties", {}).get("CommitId", ""),
            report=quality.get("Statistics", {}).get("S3Uri", ""),
        )

    @property
    def digest(self) -> str:
        """Digest of the model's manifest; empty for a version that somebody else registered."""
        return self.metadata.get(DIGEST, "")

    def plain(self) -> dict[str, Any]:
        """Return the version as JSON values."""
        return {**asdict(self), "metadata": dict(self.metadata), "created": str(self.created)}
