"""One index of S3 Vectors as an index of vectors; no other module calls S3 Vectors.

Limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, Self, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from features.aws.vector_filters import STORE, attribute_key, told_filter
from features.embedding.embedder import Vectors
from features.errors import StorageError
from features.search.filters import Filter
from features.vectors.vector_index import ChunkVector, Found

MOST_ATTRIBUTE_BYTES = 1900
"""JSON of a chunk's attributes: filters read 2 KB, in which the store's name has a place too."""

UNFILTERABLE = ("text", "context")
"""Keys of metadata that no filter reads, and to which the 2 KB do not apply. The stack names them
as the index is made; a test holds it to that."""

_MOST_VECTORS = 500
_MOST_REQUEST_BYTES = 16 << 20
"""Bytes of a write that are aimed at; 20 MiB are allowed."""

_BYTES_A_NUMBER = 24
_BYTES_OF_METADATA = 8 << 10
_CONNECT_TIMEOUT_SECONDS = 2
_READ_TIMEOUT_SECONDS = 20
_QUERY_ATTEMPTS = 2
_WRITE_ATTEMPTS = 12
"""Attempts, with twice the wait each time, up to 20 s: writes beyond 2,500 vectors a second are
throttled."""

_Item = TypeVar("_Item")


class _Client(Protocol):
    def put_vectors(self, *, indexArn: str, vectors: list[Any]) -> object: ...  # noqa: N803
    def delete_vectors(self, *, indexArn: str, keys: list[str]) -> object: ...  # noqa: N803
    def query_vectors(self, **parameters: Any) -> dict[str, Any]: ...  # noqa: ANN401


class S3VectorIndex:
    """An index by its ARN."""

    def __init__(self, client: _Client, arn: str) -> None:
        self._client = client
        self._arn = arn

    @classmethod
    def connect(cls, arn: str, *, writes: bool = False) -> Self:
        """Return the index with a client of its own; no request is sent yet.

        Args:
            arn: the index's ARN.
            writes: true to wait long where writes are throttled; a search fails early.
        """
        attempts = _WRITE_ATTEMPTS if writes else _QUERY_ATTEMPTS
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": attempts},
            # Of 200,000 numbers a write, each would be looked at.
            parameter_validation=False,
        )
        return cls(boto3.client("s3vectors", config=config), arn)

    def put(self, vectors: Iterable[ChunkVector]) -> None:
        """Write vectors, by as many as a request may hold."""
        rest = iter(vectors)
        for first in rest:
            size = len(first.vector) * _BYTES_A_NUMBER + _BYTES_OF_METADATA
            most = max(1, min(_MOST_VECTORS, _MOST_REQUEST_BYTES // size))
            batch = [_told(one) for one in (first, *islice(rest, most - 1))]
            self._tried(self._client.put_vectors, vectors=batch)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete vectors, 500 a request."""
        for batch in _batches(keys):
            self._tried(self._client.delete_vectors, keys=batch)

    def query(
        self, store: str, vector: Vectors, condition: Filter | None, most: int
    ) -> Sequence[Found]:
        """Return the nearest vectors of a store among those that meet a condition.

        Raises:
            SearchError: The condition orders strings, which S3 Vectors cannot.
        """
        answer = self._tried(
            self._client.query_vectors,
            topK=most,
            queryVector={"float32": vector.tolist()},
            filter=told_filter(store, condition),
            returnMetadata=True,
            returnDistance=True,
        )
        return [_found(one) for one in answer["vectors"]]

    def _tried(self, ask: Any, **parameters: Any) -> Any:  # noqa: ANN401 - boto3's methods
        try:
            return ask(indexArn=self._arn, **parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise StorageError(f"S3 Vectors cannot be used: {code}") from error
        except BotoCoreError as error:
            raise StorageError(f"S3 Vectors cannot be used: {type(error).__name__}") from error


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, _MOST_VECTORS)):
        yield batch


def _told(vector: ChunkVector) -> dict[str, Any]:
    attributes = {attribute_key(key): value for key, value in vector.attributes.items()}
    ours = {STORE: vector.store, "text": vector.text, "context": vector.context}
    return {
        "key": vector.key,
        "data": {"float32": vector.vector.tolist()},
        "metadata": {**attributes, **ours},
    }


def _found(told: Mapping[str, Any]) -> Found:
    metadata = dict(told["metadata"])
    text, context, _ = (metadata.pop(name, "") for name in (*UNFILTERABLE, STORE))
    attributes = {key[1:]: value for key, value in metadata.items()}
    return Found(told["key"], 1 - told["distance"], text, context, attributes)
