"""S3 Vectors on this machine: exact search in numpy, within the limits that AWS documents.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
Decision: 0196, S3 Vectors here is exact.
"""

from __future__ import annotations

from localcloud.awsjson.rest import RestJsonService
from localcloud.awsjson.service import Worker
from localcloud.ministack_hooks import iam, register_service
from localcloud.s3vectors import cloudformation
from localcloud.s3vectors.buckets import Buckets
from localcloud.s3vectors.indexes import Indexes
from localcloud.s3vectors.store import Store
from localcloud.s3vectors.vectors import Vectors

_MOST_BYTES = 20 << 20
"""Payload of a request."""


def install(worker: Worker) -> None:
    """Add the service to the ministack of this process."""
    store = Store()
    operations = {
        **Buckets(store).operations(),
        **Indexes(store).operations(),
        **Vectors(store).operations(),
    }
    service = RestJsonService("s3vectors", operations, worker, most_bytes=_MOST_BYTES)
    register_service("s3vectors", host_pattern=r"^s3vectors\.", handle=service.handle)
    iam.add_resource_policies("s3vectors", store.policy_of)
    cloudformation.register(service)
