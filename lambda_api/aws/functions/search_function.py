"""The search function, invoked synchronously; no other module calls Lambda."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.retrieval.errors import RetrievalError

_CONNECT_SECONDS = 1.0
_CONNECTIONS = 16


class LambdaClient(Protocol):
    """The client of Lambda, as far as it is called here."""

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803
        """Invoke a function, and wait for its answer."""


class LambdaSearch:
    """A function that answers searches.

    Args:
        client: The Lambda client.
        name: The function's name.
    """

    def __init__(self, client: LambdaClient, name: str) -> None:
        self._client = client
        self._name = name

    @classmethod
    def connect(cls, name: str, seconds: float) -> Self:
        """Return the function with a client of its own; no request is sent yet.

        Args:
            name: The function's name.
            seconds: Longest wait for an answer, after which nothing is tried again.
        """
        config = Config(
            connect_timeout=min(_CONNECT_SECONDS, seconds),
            read_timeout=seconds,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=_CONNECTIONS,
        )
        client: LambdaClient = boto3.client("lambda", config=config)
        return cls(client, name)

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the function's answer.

        Raises:
            RetrievalError: It does not answer, or not in time.
        """
        try:
            answer = self._client.invoke(FunctionName=self._name, Payload=json.dumps(event))
            told = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            raise _failure(_code(error)) from error
        if answer.get("FunctionError") or not isinstance(told, dict):
            raise _failure("function error")
        return told


def _failure(reason: str) -> RetrievalError:
    return RetrievalError("the documents cannot be searched now, try again", reason=reason)


def _code(error: Exception) -> str:
    return (
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    )
