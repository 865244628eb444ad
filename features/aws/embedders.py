"""Embedders behind an AWS API: a SageMaker endpoint, a model of Bedrock; and the choice of one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import boto3
import numpy as np
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from features.embedding.embedder import (
    Embedder,
    EmbedderIdentity,
    NoEmbedder,
    Vectors,
    normalized,
)
from features.embedding.minilm import MiniLM
from features.errors import StorageError
from features.settings import Settings

if TYPE_CHECKING:
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

_TEXTS_A_REQUEST = 32
_THREADS = 8
_CONFIG = Config(
    connect_timeout=2, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
)


class SageMakerEmbedder:
    """An endpoint with text-embeddings-inference's interface: `{"inputs": [...]}` to vectors."""

    def __init__(self, client: SageMakerRuntimeClient, endpoint: str, dimension: int) -> None:
        self._client = client
        self._endpoint = endpoint
        self.identity = _named(f"sagemaker:{endpoint}", dimension)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text."""
        starts = range(0, len(texts), _TEXTS_A_REQUEST)
        return _joined(
            [self._ask(texts[start : start + _TEXTS_A_REQUEST]) for start in starts], self.identity
        )

    def _ask(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
        try:
            answer = self._client.invoke_endpoint(
                EndpointName=self._endpoint,
                ContentType="application/json",
                Body=json.dumps({"inputs": list(texts), "truncate": True}),
            )
            return json.loads(answer["Body"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            raise StorageError(f"the embedder {self._endpoint!r} does not answer") from error


class _Bedrock(Protocol):
    def invoke_model(self, *, modelId: str, body: str) -> dict[str, Any]: ...  # noqa: N803


class BedrockEmbedder:
    """A text embedding model of Amazon Titan's interface, by one request a text."""

    def __init__(self, client: _Bedrock, model: str, dimension: int) -> None:
        self._client = client
        self._model = model
        self.identity = _named(f"bedrock:{model}", dimension)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text."""
        with ThreadPoolExecutor(_THREADS) as threads:
            return _joined([list(threads.map(self._ask, texts))], self.identity)

    def _ask(self, text: str) -> Any:  # noqa: ANN401 - JSON
        body = {"inputText": text, "dimensions": self.identity.dimension, "normalize": True}
        try:
            answer = self._client.invoke_model(modelId=self._model, body=json.dumps(body))
            return json.loads(answer["body"].read())["embedding"]
        except (BotoCoreError, ClientError, ValueError, KeyError) as error:
            raise StorageError(f"the embedder {self._model!r} does not answer") from error


def connect_embedder(settings: Settings) -> Embedder:
    """Return the embedder that settings name."""
    model, dimension = settings.embedder_model, settings.embedder_dimension
    if settings.embedder == "sagemaker":
        runtime = boto3.client("sagemaker-runtime", config=_CONFIG)
        return SageMakerEmbedder(runtime, model, dimension)
    if settings.embedder == "bedrock":
        bedrock: _Bedrock = boto3.client("bedrock-runtime", config=_CONFIG)
        return BedrockEmbedder(bedrock, model, dimension)
    if settings.embedder == "none":
        return NoEmbedder()
    return MiniLM.load(settings.embedder_directory)


def _named(name: str, dimension: int) -> EmbedderIdentity:
    """Return the identity of a model that tells no digest: its name stands for it."""
    return EmbedderIdentity(
        name, hashlib.sha256(f"{name}/{dimension}".encode()).hexdigest(), dimension
    )


def _joined(parts: Sequence[Any], identity: EmbedderIdentity) -> Vectors:
    try:
        rows = [np.asarray(part, np.float32).reshape(-1, identity.dimension) for part in parts]
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"{identity.name} returned no vectors of {identity.dimension} numbers"
        ) from error
    empty = np.empty((0, identity.dimension), np.float32)
    return normalized(np.concatenate([empty, *rows]))
