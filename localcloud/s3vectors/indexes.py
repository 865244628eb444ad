"""Operations on the indexes of vector buckets."""

from __future__ import annotations

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.s3vectors.buckets import check_mode
from localcloud.s3vectors.names import check_name
from localcloud.s3vectors.pages import page
from localcloud.s3vectors.store import Index, Store

_MOST_INDEXES = 10_000


class Indexes:
    """Operations on the indexes of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "CreateIndex": self._create,
            "GetIndex": self._get,
            "ListIndexes": self._list,
            "DeleteIndex": self._delete,
            "UpdateIndexMode": self._update_mode,
        }

    async def _create(self, parameters: Document, scope: Scope) -> Document:
        bucket, name = self._store.bucket(parameters, scope), parameters["indexName"]
        check_name("indexName", name)
        if name in bucket.indexes:
            text = "An index with the specified name already exists"
            raise ServiceError(text, code="ConflictException", status=409)
        if len(bucket.indexes) >= _MOST_INDEXES:
            text = f"You have reached the limit of {_MOST_INDEXES} indexes in a vector bucket"
            raise ServiceError(text, code="ServiceQuotaExceededException", status=402)
        arn = f"{bucket.arn}/index/{name}"
        as_given = ("dataType", "dimension", "distanceMetric", "metadataConfiguration")
        told = {
            "vectorBucketName": bucket.told["vectorBucketName"],
            "indexName": name,
            "indexArn": arn,
            "creationTime": self._store.clock(),
            "indexMode": bucket.told["defaultIndexMode"],
            "encryptionConfiguration": parameters.get(
                "encryptionConfiguration", bucket.told["encryptionConfiguration"]
            ),
            **{member: parameters[member] for member in as_given if member in parameters},
        }
        bucket.indexes[name] = Index(arn, told, dict(parameters.get("tags", {})))
        return {"indexArn": arn}

    async def _get(self, parameters: Document, scope: Scope) -> Document:
        return {"index": self._store.index(parameters, scope).told}

    async def _list(self, parameters: Document, scope: Scope) -> Document:
        bucket, prefix = self._store.bucket(parameters, scope), parameters.get("prefix", "")
        names = sorted(name for name in bucket.indexes if name.startswith(prefix))
        return page("indexes", [bucket.indexes[name].told for name in names], parameters, most=500)

    async def _delete(self, parameters: Document, scope: Scope) -> Document:
        index = self._store.index(parameters, scope)
        bucket, _, name = index.arn.partition("/index/")
        del self._store.buckets[bucket].indexes[name]
        return {}

    async def _update_mode(self, parameters: Document, scope: Scope) -> Document:
        index = self._store.index(parameters, scope)
        bucket = self._store.buckets[index.arn.partition("/index/")[0]]
        check_mode(bucket, parameters["indexMode"])
        index.told["indexMode"] = parameters["indexMode"]
        return {}
