"""The asynchronous SageMaker endpoint, as the queue of background responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.aws.sagemaker_errors import translate
from lambda_api.responses.background import Accepted

if TYPE_CHECKING:
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from types_boto3_sagemaker_runtime.type_defs import InvokeEndpointAsyncInputTypeDef

_CONNECT_TIMEOUT_SECONDS = 5
_READ_TIMEOUT_SECONDS = 10
_ATTEMPTS = 4
_MAX_CONNECTIONS = 40
"""One connection for each thread that uvicorn runs plain routes in."""


class SageMakerQueue:
    """The queue in front of one asynchronous endpoint."""

    def __init__(
        self, client: SageMakerRuntimeClient, call: InvokeEndpointAsyncInputTypeDef
    ) -> None:
        self._client = client
        self._call = call

    @classmethod
    def connect(cls, endpoint_name: str, *, ttl_seconds: int, timeout_seconds: int) -> Self:
        """Return the queue with a client of its own; no request is sent yet.

        Args:
            endpoint_name: The endpoint to call.
            ttl_seconds: Longest wait in the queue.
            timeout_seconds: Longest time the model may take.
        """
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            # A request queued twice is answered once: the second answer finds it settled.
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=_MAX_CONNECTIONS,
        )
        call: InvokeEndpointAsyncInputTypeDef = {
            "EndpointName": endpoint_name,
            "ContentType": "application/json",
            "Accept": "application/json",
            "RequestTTLSeconds": ttl_seconds,
            "InvocationTimeoutSeconds": timeout_seconds,
        }
        return cls(boto3.client("sagemaker-runtime", config=config), call)

    def submit(self, inference_id: str, payload: bytes) -> Accepted:
        """Queue a request of at most 128,000 bytes.

        Raises:
            ServiceError: The call failed.
        """
        return self._submit({**self._call, "InferenceId": inference_id, "Body": payload})

    def submit_stored(self, inference_id: str, uri: str) -> Accepted:
        """Queue a request that lies in S3.

        Raises:
            ServiceError: The call failed.
        """
        return self._submit({**self._call, "InferenceId": inference_id, "InputLocation": uri})

    def _submit(self, call: InvokeEndpointAsyncInputTypeDef) -> Accepted:
        try:
            accepted = self._client.invoke_endpoint_async(**call)
        except (BotoCoreError, ClientError) as error:
            raise translate(error) from error
        return Accepted(accepted["OutputLocation"], accepted.get("FailureLocation"))
