"""The state of S3 Vectors: buckets, their indexes, and the vectors of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from localcloud.awsjson.rate_limit import RateLimit
from localcloud.awsjson.service import Scope, ServiceError
from localcloud.awsjson.shapes import Document

Floats = npt.NDArray[np.float32]

VECTORS_A_SECOND = 2500
REQUESTS_A_SECOND = 1000
"""Writes of one index: inserted and deleted together."""

_ENHANCED_SINCE = datetime(2026, 9, 30, tzinfo=UTC).timestamp()
"""Buckets made from then on filter before they search:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-index-mode.html"""


@dataclass(frozen=True)
class Vector:
    """A vector with its metadata."""

    data: Floats
    metadata: Mapping[str, Any]


@dataclass
class Index:
    """An index of a bucket.

    Attributes:
        told: what it was created with, as `GetIndex` tells it.
        vectors: by key, in the order they came.
    """

    arn: str
    told: Document
    tags: dict[str, str]
    vectors: dict[str, Vector] = field(default_factory=dict)
    requests: RateLimit = field(default_factory=lambda: RateLimit(REQUESTS_A_SECOND))
    written: RateLimit = field(default_factory=lambda: RateLimit(VECTORS_A_SECOND))

    @property
    def unfilterable(self) -> frozenset[str]:
        """Keys of metadata that no filter reads."""
        keys = self.told.get("metadataConfiguration", {}).get("nonFilterableMetadataKeys", ())
        return frozenset(keys)

    def count_write(self, vectors: int) -> None:
        """Count a write.

        Raises:
            ServiceError: There are too many.
        """
        if not self.requests.take() or not self.written.take(vectors):
            text = "Please reduce your request rate."
            raise ServiceError(text, code="TooManyRequestsException", status=429)


@dataclass
class Bucket:
    """A vector bucket."""

    arn: str
    told: Document
    tags: dict[str, str]
    indexes: dict[str, Index] = field(default_factory=dict)
    policy: str | None = None

    @property
    def old(self) -> bool:
        """True for a bucket of the time when filters were applied during a search."""
        return bool(self.told["creationTime"] < _ENHANCED_SINCE)


class Store:
    """Buckets by their ARNs.

    Args:
        clock: the present, in seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.buckets: dict[str, Bucket] = {}

    def bucket(self, parameters: Document, scope: Scope) -> Bucket:
        """Return the bucket that a request names, by name or ARN.

        Raises:
            ServiceError: It names none, or two ways, or there is none.
        """
        name, arn = parameters.get("vectorBucketName"), parameters.get("vectorBucketArn")
        if (name is None) == (arn is None):
            raise ServiceError("Must specify either vectorBucketName or vectorBucketArn")
        return self._found(arn or bucket_arn(scope, str(name)))

    def index(self, parameters: Document, scope: Scope) -> Index:
        """Return the index that a request names, by names or ARN.

        Raises:
            ServiceError: It names none, or two ways, or there is none.
        """
        names = parameters.get("vectorBucketName"), parameters.get("indexName")
        arn = parameters.get("indexArn")
        if (any(names) and arn is not None) or not (all(names) or arn):
            raise ServiceError("Must specify either indexArn or vectorBucketName and indexName")
        arn = arn or f"{bucket_arn(scope, str(names[0]))}/index/{names[1]}"
        bucket, _, name = str(arn).partition("/index/")
        found = self._found(bucket).indexes.get(name)
        if found is None:
            raise _missing("vector index")
        return found

    def policy_of(self, arn: str) -> str | None:
        """Return the policy that goes for a bucket and its indexes; None without."""
        bucket = self.buckets.get(arn.partition("/index/")[0])
        return bucket.policy if bucket else None

    def of_scope(self, scope: Scope) -> Iterator[Bucket]:
        """Yield the buckets of an account in a region, by name."""
        prefix = bucket_arn(scope, "")
        for arn in sorted(self.buckets):
            if arn.startswith(prefix):
                yield self.buckets[arn]

    def tagged(self, arn: str) -> Bucket | Index:
        """Return the bucket or index of an ARN.

        Raises:
            ServiceError: There is none.
        """
        bucket, _, name = arn.partition("/index/")
        found = self._found(bucket)
        if not name:
            return found
        if name not in found.indexes:
            raise _missing("vector index")
        return found.indexes[name]

    def _found(self, arn: str) -> Bucket:
        if arn not in self.buckets:
            raise _missing("vector bucket")
        return self.buckets[arn]


def bucket_arn(scope: Scope, name: str) -> str:
    """Name a vector bucket."""
    return scope.arn("s3vectors", f"bucket/{name}")


def _missing(what: str) -> ServiceError:
    text = f"The specified {what} could not be found"
    return ServiceError(text, code="NotFoundException", status=404)
