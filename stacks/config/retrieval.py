"""The [retrieval] section: documents that the model answers from, and the search over them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from stacks.config.section import RetentionDays, Section

_COMPARISONS = {"eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"}
_JOINS = {"and", "or"}
MOST_FILTER_VALUES = 100
MOST_FILTER_BYTES = 32 << 10
"""Bounds of filters, which the search function has too; a test holds both to each other."""


def _is_short_filter(given: dict[str, Any]) -> dict[str, Any]:
    """Refuse a filter that the search function would refuse, but only at its start."""
    if (size := len(json.dumps(given, default=str))) > MOST_FILTER_BYTES:
        raise ValueError(f"got {size} bytes as JSON; must have {MOST_FILTER_BYTES} at most")
    return _is_filter(given)


def _is_filter(given: dict[str, Any]) -> dict[str, Any]:
    kind = given.get("type")
    inner = given.get("filters")
    if kind in _JOINS and set(given) == {"type", "filters"} and isinstance(inner, list) and inner:
        for part in inner:
            _is_filter(part if isinstance(part, dict) else {})
    elif kind not in _COMPARISONS or set(given) != {"type", "key", "value"}:
        raise ValueError(
            'must be { type = "eq", key = "...", value = ... } with one of '
            f'{", ".join(sorted(_COMPARISONS))}, or {{ type = "and", filters = [...] }}'
        )
    elif isinstance(given["value"], list) and len(given["value"]) > MOST_FILTER_VALUES:
        raise ValueError(
            f"got {len(given['value'])} values of {kind!r}; must have {MOST_FILTER_VALUES} at most"
        )
    return given


class StoreConfig(Section):
    """[[retrieval.stores]]: documents below documents/<name>/ of the bucket, as vs_<name>.

    Attributes:
        name: name of the store, without `vs_`. Sets TWIN_RETRIEVAL_STORES and
            TWIN_FEATURES_STORES.
        keys: callers that may search it, by the id of their API key, or with auth "iam" by the ARN
            that owns what they make; left out, everybody may. Sets TWIN_FEATURES_STORES and
            TWIN_RETRIEVAL_STORE_KEYS.
        forced_filter: filter on attributes that every search gets, whatever the caller sends. Sets
            TWIN_FEATURES_STORES.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    keys: Annotated[list[str], Field(min_length=1, max_length=100)] | None = None
    forced_filter: Annotated[dict[str, Any], AfterValidator(_is_short_filter)] | None = None


class RetrievalConfig(Section):
    """[retrieval]: answers from documents, switched on by the section.

    docs/features.md

    Attributes:
        store: where the index is searched: "snapshot" holds it in the search function's memory, up
            to 100,000 chunks; "s3-vectors" asks S3 Vectors, for more, and leaves words out. Sets
            TWIN_FEATURES_VECTOR_INDEX.
        embedder: what turns texts into vectors: "minilm" runs in the functions, "none" leaves
            search to words, "sagemaker" and "bedrock" call embedder_model. Sets
            TWIN_FEATURES_EMBEDDER.
        embedder_model: name of a SageMaker endpoint that embeds, or id of a model of Bedrock. Sets
            TWIN_FEATURES_EMBEDDER_MODEL.
        embedder_dimension: numbers in a vector of embedder_model. Sets
            TWIN_FEATURES_EMBEDDER_DIMENSION.
        search_timeout_ms: longest wait for the search, after which the model answers without. Sets
            TWIN_RETRIEVAL_SEARCH_TIMEOUT_MS.
        rewrite: true to have the model make one search sentence of the conversation. Sets
            TWIN_RETRIEVAL_REWRITE.
        rewrite_timeout_ms: longest wait for that sentence, after which the message itself is
            searched alone. Sets TWIN_RETRIEVAL_REWRITE_TIMEOUT_MS.
        memory_mb: memory of the search function; 1769 MB is one vCPU. Sets
            AWS::Lambda::Function.MemorySize.
        log_retention_days: days that the functions' logs are kept. Sets
            AWS::Logs::LogGroup.RetentionInDays.
        stores: stores that are there for all callers, or for some.
    """

    store: Literal["snapshot", "s3-vectors"] = "snapshot"
    embedder: Literal["minilm", "none", "sagemaker", "bedrock"] = "minilm"
    embedder_model: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    embedder_dimension: Annotated[int, Field(ge=1, le=4096)] | None = None
    search_timeout_ms: Annotated[int, Field(ge=50, le=10_000)] = 800
    rewrite: bool = False
    rewrite_timeout_ms: Annotated[int, Field(ge=100, le=30_000)] = 1500
    memory_mb: Annotated[int, Field(ge=512, le=10_240)] = 1769
    log_retention_days: RetentionDays = 30
    stores: list[StoreConfig] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _embedder_is_told(self) -> Self:
        calls = self.embedder in {"sagemaker", "bedrock"}
        for key in ("embedder_model", "embedder_dimension"):
            value = getattr(self, key)
            if calls and value is None:
                raise ValueError(f"{key}: missing; must be set with embedder {self.embedder!r}")
            if not calls and value is not None:
                raise ValueError(
                    f"{key}: got {value!r}; must be left out with embedder {self.embedder!r}"
                )
        return self

    @model_validator(mode="after")
    def _vectors_need_an_embedder(self) -> Self:
        if self.store == "s3-vectors" and self.embedder == "none":
            raise ValueError(
                'embedder: got "none"; must be another with store "s3-vectors", which has no words'
            )
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [store.name for store in self.stores]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"stores: got {twice[0]!r} twice; must have names of their own")
        return self
