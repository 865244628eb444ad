"""Operations on vector buckets: their policies, modes and tags, and the tags of indexes."""

from __future__ import annotations

import json

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.s3vectors.names import check_name
from localcloud.s3vectors.pages import page
from localcloud.s3vectors.store import Bucket, Store, bucket_arn

_MOST_BUCKETS = 10_000
_MOST_TAGS = 50


class Buckets:
    """Operations on the buckets of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "CreateVectorBucket": self._create,
            "GetVectorBucket": self._get,
            "ListVectorBuckets": self._list,
            "DeleteVectorBucket": self._delete,
            "PutVectorBucketDefaultIndexMode": self._put_mode,
            "PutVectorBucketPolicy": self._put_policy,
            "GetVectorBucketPolicy": self._get_policy,
            "DeleteVectorBucketPolicy": self._delete_policy,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    async def _create(self, parameters: Document, scope: Scope) -> Document:
        name = parameters["vectorBucketName"]
        check_name("vectorBucketName", name)
        arn = bucket_arn(scope, name)
        if arn in self._store.buckets:
            text = "A vector bucket with the specified name already exists"
            raise ServiceError(text, code="ConflictException", status=409)
        if sum(1 for _ in self._store.of_scope(scope)) >= _MOST_BUCKETS:
            text = f"You have reached the limit of {_MOST_BUCKETS} vector buckets"
            raise ServiceError(text, code="ServiceQuotaExceededException", status=402)
        told = {
            "vectorBucketName": name,
            "vectorBucketArn": arn,
            "creationTime": self._store.clock(),
            "encryptionConfiguration": parameters.get(
                "encryptionConfiguration", {"sseType": "AES256"}
            ),
        }
        bucket = Bucket(arn, told, dict(parameters.get("tags", {})))
        told["defaultIndexMode"] = "CLASSIC" if bucket.old else "ENHANCED"
        self._store.buckets[arn] = bucket
        return {"vectorBucketArn": arn}

    async def _get(self, parameters: Document, scope: Scope) -> Document:
        return {"vectorBucket": self._store.bucket(parameters, scope).told}

    async def _list(self, parameters: Document, scope: Scope) -> Document:
        prefix = parameters.get("prefix", "")
        found = [
            bucket.told
            for bucket in self._store.of_scope(scope)
            if bucket.told["vectorBucketName"].startswith(prefix)
        ]
        return page("vectorBuckets", found, parameters, most=500)

    async def _delete(self, parameters: Document, scope: Scope) -> Document:
        bucket = self._store.bucket(parameters, scope)
        if bucket.indexes:
            text = "The specified vector bucket is not empty"
            raise ServiceError(text, code="ConflictException", status=409)
        del self._store.buckets[bucket.arn]
        return {}

    async def _put_mode(self, parameters: Document, scope: Scope) -> Document:
        bucket = self._store.bucket(parameters, scope)
        check_mode(bucket, parameters["defaultIndexMode"])
        bucket.told["defaultIndexMode"] = parameters["defaultIndexMode"]
        return {}

    async def _put_policy(self, parameters: Document, scope: Scope) -> Document:
        bucket = self._store.bucket(parameters, scope)
        try:
            policy = json.loads(parameters["policy"])
        except ValueError:
            policy = None
        if not isinstance(policy, dict) or "Statement" not in policy:
            raise ServiceError("The specified policy is no valid JSON policy")
        bucket.policy = parameters["policy"]
        return {}

    async def _get_policy(self, parameters: Document, scope: Scope) -> Document:
        bucket = self._store.bucket(parameters, scope)
        if bucket.policy is None:
            text = "The specified vector bucket policy could not be found"
            raise ServiceError(text, code="NotFoundException", status=404)
        return {"policy": bucket.policy}

    async def _delete_policy(self, parameters: Document, scope: Scope) -> Document:
        self._store.bucket(parameters, scope).policy = None
        return {}

    async def _tag(self, parameters: Document, _scope: Scope) -> Document:
        resource = self._store.tagged(parameters["resourceArn"])
        tags = {**resource.tags, **parameters["tags"]}
        if len(tags) > _MOST_TAGS:
            raise ServiceError(f"{len(tags)} tags, and {_MOST_TAGS} are allowed")
        resource.tags.update(tags)
        return {}

    async def _untag(self, parameters: Document, _scope: Scope) -> Document:
        resource = self._store.tagged(parameters["resourceArn"])
        for key in parameters["tagKeys"]:
            resource.tags.pop(key, None)
        return {}

    async def _list_tags(self, parameters: Document, _scope: Scope) -> Document:
        return {"tags": self._store.tagged(parameters["resourceArn"]).tags}


def check_mode(bucket: Bucket, mode: str) -> None:
    """Refuse the old mode where the bucket is new.

    Raises:
        ServiceError: Its indexes filter before they search, and nothing else.
    """
    if mode == "CLASSIC" and not bucket.old:
        raise ServiceError(
            "CLASSIC index mode is only supported for vector buckets created before "
            "September 30, 2026"
        )
