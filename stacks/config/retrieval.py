"""The [retrieval] section: documents that the model answers from, and the search over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from stacks.config.section import RetentionDays, Section

_ORDERED = ("gt", "gte", "lt", "lte")
_MEMBER = ("in", "nin")
_COMPARISONS = ("eq", "ne", *_ORDERED, *_MEMBER)
_JOINS = ("and", "or")
MOST_FILTER_DEPTH = 10
MOST_FILTER_COMPARISONS = 100
MOST_FILTER_VALUES = 100
MOST_FILTER_BYTES = 32 << 10
"""Bounds of filters, which the search function has too; a test holds both to each other."""

_MOST_VECTOR_CONSTRAINTS = 100
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-index-mode.html"""


def _checked_filter(given: dict[str, Any]) -> dict[str, Any]:
    """Refuse a filter that the search function would refuse, but only at its start."""
    try:
        size = len(json.dumps(given, default=str))
    except RecursionError:
        raise _too_deep() from None
    if size > MOST_FILTER_BYTES:
        raise ValueError(f"got {size} bytes as JSON; must have {MOST_FILTER_BYTES} at most")
    if (count := len([*_comparisons(given)])) > MOST_FILTER_COMPARISONS:
        raise ValueError(f"got {count} comparisons; must have {MOST_FILTER_COMPARISONS} at most")
    return given


def _comparisons(given: Any, depth: int = MOST_FILTER_DEPTH) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Yield the comparisons of a filter, all of them checked."""
    fields = set(given) if isinstance(given, dict) else set()
    inner = given.get("filters") if fields == {"type", "filters"} else None
    if isinstance(inner, list) and inner and given["type"] in _JOINS:
        if not depth:
            raise _too_deep()
        for part in inner:
            yield from _comparisons(part, depth - 1)
        return
    if fields != {"type", "key", "value"} or given["type"] not in _COMPARISONS:
        raise ValueError(
            'must be { type = "eq", key = "...", value = ... } with one of '
            f'{", ".join(sorted(_COMPARISONS))}, or {{ type = "and", filters = [...] }}'
        )
    _check_comparison(given["type"], given["key"], given["value"])
    yield given


def _too_deep() -> ValueError:
    return ValueError(f"got a deeper one; must be nested {MOST_FILTER_DEPTH} deep at most")


def _check_comparison(kind: str, key: object, value: object) -> None:
    if not isinstance(key, str) or not key:
        raise ValueError(f"got {key!r:.80} as key of {kind!r}; must be the name of an attribute")
    if kind in _MEMBER and not isinstance(value, list):
        raise ValueError(f"got {value!r:.80} as value of {kind!r}; must be a list")
    values = value if isinstance(value, list) and kind in _MEMBER else [value]
    if len(values) > MOST_FILTER_VALUES:
        raise ValueError(
            f"got {len(values)} values of {kind!r}; must have {MOST_FILTER_VALUES} at most"
        )
    for one in values:
        if not isinstance(one, str | int | float) or (kind in _ORDERED and isinstance(one, bool)):
            has_order = "" if kind in _ORDERED else " or a boolean"
            raise ValueError(
                f"got {one!r:.80} as value of {kind!r}; must be a string, a number{has_order}"
            )


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
    forced_filter: Annotated[dict[str, Any], AfterValidator(_checked_filter)] | None = None


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
        memory_mb: memory of the search function; 1769 MB is one vCPU. Stores that callers make
            may take a third of what the process leaves: 512 MiB of 1769, 93 of 512. Sets
            AWS::Lambda::Function.MemorySize and TWIN_FEATURES_CALLERS_MB.
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
    def _vectors_can_be_filtered(self) -> Self:
        """Refuse a filter that S3 Vectors cannot apply; a "ne" or "nin" takes two of its terms."""
        for number, store in enumerate(self.stores if self.store == "s3-vectors" else ()):
            where = f"stores.{number}.forced_filter"
            comparisons = [*_comparisons(store.forced_filter)] if store.forced_filter else []
            terms = 1 + len(comparisons)
            for one in comparisons:
                if one["type"] in _ORDERED and isinstance(one["value"], str):
                    raise ValueError(
                        f"{where}: got {one['value']!r:.80} as value of {one['type']!r}; must be a "
                        'number with store "s3-vectors", where strings have no order'
                    )
                terms += one["type"] == "ne" or (one["type"] == "nin" and bool(one["value"]))
            if terms > _MOST_VECTOR_CONSTRAINTS:
                raise ValueError(
                    f"{where}: got {terms} terms with that of the store; must have "
                    f'{_MOST_VECTOR_CONSTRAINTS} at most with store "s3-vectors"'
                )
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [store.name for store in self.stores]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"stores: got {twice[0]!r} twice; must have names of their own")
        return self
