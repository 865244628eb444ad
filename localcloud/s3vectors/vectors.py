"""Operations on vectors: put, get, list, delete and query."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.s3vectors.filters import compile_filter
from localcloud.s3vectors.metadata import check_metadata
from localcloud.s3vectors.pages import page
from localcloud.s3vectors.store import Floats, Index, Store, Vector

_MOST_RESULTS = 100
_CLASSIC_CANDIDATES = 10
"""Vectors that the old mode holds against a filter, for each result: how many, only AWS knows."""


class Vectors:
    """Operations on the vectors of a store's indexes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "PutVectors": self._put,
            "GetVectors": self._get,
            "ListVectors": self._list,
            "DeleteVectors": self._delete,
            "QueryVectors": self._query,
        }

    async def _put(self, parameters: Document, scope: Scope) -> Document:
        index = self._store.index(parameters, scope)
        given = {
            one["key"]: Vector(_data(index, one["data"], one["key"]), one.get("metadata", {}))
            for one in parameters["vectors"]
        }
        for key, vector in given.items():
            check_metadata(key, vector.metadata, index.unfilterable)
        index.count_write(len(given))
        index.vectors.update(given)
        return {}

    async def _get(self, parameters: Document, scope: Scope) -> Document:
        index = self._store.index(parameters, scope)
        keys = [key for key in parameters["keys"] if key in index.vectors]
        return {"vectors": [_told(index, key, parameters) for key in keys]}

    async def _list(self, parameters: Document, scope: Scope) -> Document:
        index = self._store.index(parameters, scope)
        count, segment = parameters.get("segmentCount", 1), parameters.get("segmentIndex", 0)
        if ("segmentCount" in parameters) != ("segmentIndex" in parameters) or segment >= count:
            raise ServiceError("segmentIndex must be given with segmentCount, and below it")
        keys = [key for key in index.vectors if zlib.crc32(key.encode()) % count == segment]
        listed = page("vectors", keys, parameters, most=500)
        return {**listed, "vectors": [_told(index, key, parameters) for key in listed["vectors"]]}

    async def _delete(self, parameters: Document, scope: Scope) -> Document:
        index = self._store.index(parameters, scope)
        index.count_write(len(parameters["keys"]))
        for key in parameters["keys"]:
            index.vectors.pop(key, None)
        return {}

    async def _query(self, parameters: Document, scope: Scope) -> Document:
        index = self._store.index(parameters, scope)
        wanted = parameters["topK"]
        if wanted > _MOST_RESULTS:
            raise ServiceError(f"topK must be at most {_MOST_RESULTS}, and not {wanted}")
        vector = _data(index, parameters["queryVector"], "queryVector")
        metric = index.told["distanceMetric"]
        nearest = [
            {"key": key, "distance": distance, "metadata": index.vectors[key].metadata}
            for key, distance in _nearest(index, vector, parameters)
        ]
        members = {"key"} | {
            name
            for name, flag in (("distance", "returnDistance"), ("metadata", "returnMetadata"))
            if parameters.get(flag)
        }
        told = [{name: one[name] for name in members} for one in nearest]
        return {"vectors": told, "distanceMetric": metric}


def _nearest(index: Index, vector: Floats, parameters: Document) -> list[tuple[str, float]]:
    """Return keys and distances, the nearest first, that meet the filter as the mode has it."""
    wanted, asked = parameters["topK"], parameters.get("filter")
    mode = parameters.get("queryMode", index.told["indexMode"])
    if mode == "CLASSIC" != index.told["indexMode"]:
        raise ServiceError("queryMode CLASSIC is not supported for an ENHANCED index")
    enhanced = mode == "ENHANCED"
    keys = list(index.vectors)
    if asked is not None:
        meets = compile_filter(asked, index.unfilterable, enhanced=enhanced)
        if enhanced:
            keys = [key for key in keys if meets(index.vectors[key].metadata)]
    ranked = _ranked(index, keys, vector)
    if asked is not None and not enhanced:
        candidates = ranked[: wanted * _CLASSIC_CANDIDATES]
        ranked = [one for one in candidates if meets(index.vectors[one[0]].metadata)]
    return ranked[:wanted]


def _ranked(index: Index, keys: list[str], vector: Floats) -> list[tuple[str, float]]:
    if not keys:
        return []
    matrix = np.stack([index.vectors[key].data for key in keys])
    if index.told["distanceMetric"] == "cosine":
        lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
        distances = 1 - (matrix @ vector) / lengths
    else:
        distances = np.linalg.norm(matrix - vector, axis=1)
    order = np.argsort(distances, kind="stable").tolist()
    return [(keys[row], float(distances[row])) for row in order]


def _data(index: Index, told: Document, name: str) -> Floats:
    """Read a vector's numbers.

    Raises:
        ServiceError: They are too few or too many, not finite, or without a direction.
    """
    data = np.asarray(told["float32"], np.float32)
    dimension = index.told["dimension"]
    if len(data) != dimension:
        raise _invalid(name, f"vector must have length {dimension}, but has length {len(data)}")
    if not np.isfinite(data).all():
        raise _invalid(name, "vector contains values that are not finite")
    if index.told["distanceMetric"] == "cosine" and not data.any():
        raise _invalid(name, "a zero vector has no cosine distance")
    return data


def _told(index: Index, key: str, parameters: Document) -> dict[str, Any]:
    vector = index.vectors[key]
    told: dict[str, Any] = {"key": key}
    if parameters.get("returnData"):
        told["data"] = {"float32": vector.data.tolist()}
    if parameters.get("returnMetadata"):
        told["metadata"] = vector.metadata
    return told


def _invalid(name: str, reason: str) -> ServiceError:
    return ServiceError(f"Invalid record for key {name!r}: {reason}")
