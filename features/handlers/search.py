"""The search function: a question to a store, invoked synchronously by the API's functions.

Errors are answers, not exceptions: `{"error": {"code", "message", "param"}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from features.aws.embedders import connect_embedder
from features.aws.s3 import S3Bucket
from features.aws.s3_vectors import S3VectorIndex
from features.embedding.embedder import Embedder, EmbedderIdentity
from features.embedding.minilm import load_tokenizer
from features.errors import SearchError
from features.index.paths import Place
from features.index.reading import read_published
from features.search.catalogue import Catalogue
from features.search.searched_index import Load
from features.search.service import SearchService
from features.search.snapshot_store import load_snapshot
from features.settings import Settings
from features.telemetry import log, put_metrics
from features.vectors.view import load_view


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer a search, a look at what stores have, or the call that keeps the function warm."""
    return answer(event, _service(), _catalogue())


def answer(
    event: Mapping[str, Any], service: SearchService, catalogue: Catalogue
) -> dict[str, Any]:
    """Return the answer to an event; an error is one, too."""
    try:
        if event.get("warm"):
            return service.warm()
        if event.get("status"):
            return catalogue.status(event)
        if "counts" in event:
            return catalogue.counts(event["counts"])
        return catalogue.content(event) if "content" in event else service.search(event)
    except SearchError as error:
        return {"error": {"code": error.code, "message": str(error), "param": error.param}}


@cache
def _catalogue() -> Catalogue:
    return Catalogue(_bucket(), _service().allowed, _service().generation)


@cache
def _bucket() -> S3Bucket:
    return S3Bucket.connect(Settings.from_environment("index_bucket").index_bucket)


@cache
def _service() -> SearchService:
    settings = Settings.from_environment("index_bucket")
    declared = {store.name for store in settings.stores}
    load: Load = partial(
        load_snapshot, _bucket(), declared=declared, most_bytes=settings.callers_bytes
    )
    place: Place = "snapshot"
    if settings.vector_index:
        load = partial(load_view, _bucket(), S3VectorIndex.connect(settings.vector_index))
        place = "vectors"
    return SearchService(
        load,
        partial(read_published, _bucket(), place=place),
        _Embedders(settings),
        load_tokenizer(settings.embedder_directory),
        settings.stores,
        partial(_failed, settings),
        settings.refresh_seconds,
        settings.callers_bytes,
    )


def _failed(settings: Settings, store: str, error: Exception) -> None:
    log("ERROR", "the index cannot be read", store=store, reason=repr(error))
    put_metrics(settings, {"IndexReadFailures": 1}, store)


class _Embedders:
    """The embedder of this function, for indexes that it has filled."""

    def __init__(self, settings: Settings) -> None:
        self._embedder = cache(partial(connect_embedder, settings))

    def __call__(self, identity: EmbedderIdentity) -> Embedder | None:
        embedder = self._embedder()
        return embedder if embedder.identity == identity else None
