"""The SageMaker endpoint as an upstream; no other module invokes it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from urllib3.exceptions import HTTPError

from lambda_api.aws.event_stream import payload_parts
from lambda_api.aws.priming import prime
from lambda_api.aws.sagemaker_errors import translate, translate_midway

if TYPE_CHECKING:
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

_CONNECT_TIMEOUT_SECONDS = 5
_MAX_CONNECTIONS = 128
"""One connection a running answer: 40 threads of uvicorn, and room for streams."""

_log = logging.getLogger(__name__)
_READ_FAILURES = (BotoCoreError, ClientError, ParserError, HTTPError, OSError)


def _midway(error: Exception) -> Exception:
    return translate_midway(error) if isinstance(error, _READ_FAILURES) else error


class EndpointStream:
    """An answer that comes through InvokeEndpointWithResponseStream.

    Attributes:
        content_type: The media type that the engine named; empty if none.
    """

    def __init__(self, response: Any) -> None:  # noqa: ANN401  the stubs do not know its internals
        self.content_type: str = response.get("ContentType", "")
        self._events = response["Body"]
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the answer's bytes as they come, cut anywhere.

        Raises:
            ServiceError: The answer broke off.
        """
        try:
            yield from payload_parts(self._events)
        except Exception as error:
            # A read that `close` cut off fails in many ways; none is news.
            if not self._is_closed:
                raise _midway(error) from error
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection, which stops SageMaker and any thread that reads."""
        self._is_closed = True
        # A closed descriptor does not wake a blocked recv; shutting the socket down does.
        with suppress(ValueError, RuntimeError, OSError):
            self._events._raw_stream.shutdown()
        self._events.close()


class SageMakerEndpoint:
    """An endpoint, or an inference component on it, that makes completions.

    Args:
        client: The client of SageMaker's runtime.
        endpoint_name: The endpoint to call.
        component_name: The inference component that holds the model, if there are any.
        adapters: The inference components of adapters, by the model that a request selects.
    """

    def __init__(
        self,
        client: SageMakerRuntimeClient,
        endpoint_name: str,
        component_name: str | None = None,
        adapters: Mapping[str, str] | None = None,
    ) -> None:
        self._client = client
        self._call = {
            "EndpointName": endpoint_name,
            "ContentType": "application/json",
        }
        if component_name:
            self._call["InferenceComponentName"] = component_name
        # What selects an adapter stands first in a payload, before anything that a caller wrote.
        self._adapters = {
            b'{"model":%b,' % json.dumps(model).encode(): component
            for model, component in (adapters or {}).items()
        }

    @classmethod
    def connect(
        cls,
        endpoint_name: str,
        timeout_seconds: float,
        component_name: str | None = None,
        adapters: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the endpoint with a client of its own; no request is sent yet.

        Args:
            endpoint_name: The endpoint to call.
            timeout_seconds: Longest wait for the next bytes of an answer.
            component_name: The inference component that holds the model, if there are any.
            adapters: The inference components of adapters, by the model that a request selects.
        """
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=timeout_seconds,
            # A completion is not repeated behind the caller's back: it costs GPU time.
            retries={"total_max_attempts": 1},
            tcp_keepalive=True,
            max_pool_connections=_MAX_CONNECTIONS,
            # botocore puts its own together anew for each call: 0.1 ms of 0.8.
            user_agent="llm-twin",
            # What is sent is put together here, not by a caller.
            parameter_validation=False,
        )
        client = boto3.client("sagemaker-runtime", config=config)
        return cls(client, endpoint_name, component_name, adapters)

    def prime(self) -> None:
        """Make the first call cheap, without sending anything; a failure is the first call's too.

        Called where CPU is plenty, before the first caller.
        """
        try:
            prime(self._client, self._call)
        except BotoCoreError as error:
            _log.warning("the client could not be primed: %s", error)

    def complete(self, payload: bytes, prefix: str | None = None) -> bytes:
        """Return the whole answer.

        Raises:
            ServiceError: The call failed.
        """
        body = self._ask(self._client.invoke_endpoint, payload, prefix)["Body"]
        try:
            answer: bytes = body.read()
        except _READ_FAILURES as error:
            raise translate_midway(error) from error
        return answer

    def open_stream(self, payload: bytes, prefix: str | None = None) -> EndpointStream:
        """Start an answer; return when the endpoint has accepted the request.

        Raises:
            ServiceError: The call failed.
        """
        operation = self._client.invoke_endpoint_with_response_stream
        return EndpointStream(self._ask(operation, payload, prefix))

    def _ask(self, operation: Callable[..., Any], payload: bytes, prefix: str | None) -> Any:  # noqa: ANN401
        # By this id captured answers of a shadow variant find those that clients got.
        call = {**self._call, "InferenceId": uuid4().hex}
        if prefix:
            call["PrefixAwareId"] = prefix
        for beginning, component in self._adapters.items():
            if payload.startswith(beginning):
                call = {**call, "InferenceComponentName": component}
        try:
            try:
                return operation(Body=payload, **call)
            except ConnectionClosedError:
                # A pooled connection died while Lambda had the process frozen: try a new one.
                return operation(Body=payload, **call)
        except (BotoCoreError, ClientError) as error:
            raise translate(error) from error
