"""The settings of the features' functions: environment variables, checked at cold start."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

EmbedderKind = Literal["minilm", "none", "sagemaker", "bedrock"]
_PREFIX = "TWIN_FEATURES_"
CALLERS_MB = 512
"""MiB of callers' stores where nothing else is said, about: 100,000 chunks of 220 tokens take
less."""
_BESIDE = Path(__file__).parents[1] / "embedder"
"""The embedder's files in a function's package: beside `features/`."""


class SettingsError(ValueError):
    """An environment that is not usable; the message names the variable."""


@dataclass(frozen=True)
class StoreSettings:
    """A store that config declares.

    Attributes:
        name: Name of the store.
        keys: Callers that may search it; None for all.
        forced_filter: Filter that every search of it gets, as JSON.
    """

    name: str
    keys: frozenset[str] | None = None
    forced_filter: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Settings:
    """A function's environment: each attribute from the variable `TWIN_FEATURES_<NAME>`.

    Attributes:
        documents_bucket: The bucket of documents; the search function has none.
        index_bucket: The bucket of the indexes, which may be the same.
        embedder: "minilm", "none", "sagemaker" or "bedrock".
        embedder_model: Name of the endpoint, or id of Bedrock's model.
        embedder_dimension: Numbers in a vector of that model.
        embedder_directory: Directory with MiniLM's weights and tokenizer.
        document_queue_url: The document function's queue, where `reindex` sends documents to.
        publish_queue_url: The publish function's queue.
        vector_index: ARN of the index of S3 Vectors that holds the chunks; empty for segments in
            the bucket.
        stores: Stores that config declares.
        refresh_seconds: Time after which a search looks for a new generation.
        callers_mb: MiB of callers' stores that a search function holds, and of the largest.
        metrics_namespace: Namespace of CloudWatch metrics.
        stage: The deployed stage, a dimension of the metrics.
    """

    documents_bucket: str = ""
    index_bucket: str = ""
    embedder: EmbedderKind = "minilm"
    embedder_model: str = ""
    embedder_dimension: int = 0
    embedder_directory: Path = _BESIDE
    document_queue_url: str = ""
    publish_queue_url: str = ""
    vector_index: str = ""
    stores: tuple[StoreSettings, ...] = ()
    refresh_seconds: float = 5.0
    callers_mb: int = CALLERS_MB
    metrics_namespace: str = "LLMTwin"
    stage: str = "local"

    @property
    def callers_bytes(self) -> int:
        """Bytes of callers' stores that a search function holds, and of the largest."""
        return self.callers_mb << 20

    @classmethod
    def from_environment(cls, *needed: str) -> Self:
        """Return the settings of this process.

        Args:
            needed: names of attributes that must be set.

        Raises:
            SettingsError: A variable is missing, or has no possible value.
        """
        told = {
            name.removeprefix(_PREFIX).lower(): value
            for name, value in os.environ.items()  # noqa: TID251 - this is the settings module
            if name.startswith(_PREFIX) and value
        }
        for name in needed:
            if name not in told:
                raise SettingsError(f"{_PREFIX}{name.upper()} must be set")
        readers = {
            "embedder": _embedder,
            "embedder_dimension": int,
            "embedder_directory": Path,
            "stores": _stores,
            "refresh_seconds": float,
            "callers_mb": int,
        }
        values: dict[str, Any] = {
            name: told[name] for name in cls.__dataclass_fields__ if name in told
        }
        for name, read in readers.items():
            if name in values:
                values[name] = _read(name, read, values[name])
        return cls(**values)


def _read(name: str, read: Any, value: str) -> Any:  # noqa: ANN401 - readers of many types
    try:
        return read(value)
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{_PREFIX}{name.upper()} is {value!r:.80}: {error}") from None


def _embedder(value: str) -> str:
    if value not in get_args(EmbedderKind):
        raise ValueError(f"one of {', '.join(get_args(EmbedderKind))} is allowed")
    return value


def _stores(value: str) -> tuple[StoreSettings, ...]:
    return tuple(
        StoreSettings(
            store["name"],
            frozenset(store["keys"]) if store.get("keys") is not None else None,
            store.get("forced_filter"),
        )
        for store in json.loads(value)
    )
