"""Connections to AWS, each made and its adapter imported when first needed.

boto3 takes most of a cold start: the control function never calls the endpoint, chat counts
nothing, and neither should pay for the other's adapters.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from lambda_api.settings import Settings

if TYPE_CHECKING:
    from lambda_api.batches.executions import Executions
    from lambda_api.chat.service import Upstream
    from lambda_api.cold_start.wake import WakeTable
    from lambda_api.quotas.leases import LeaseTable
    from lambda_api.responses.background import Queue
    from lambda_api.retrieval.store_searches import SearchFunction
    from lambda_api.storage.object_store import ObjectStore
    from lambda_api.webhooks.message_queue import MessageQueue


def connect_endpoint(settings: Settings) -> Upstream:
    """Return the SageMaker endpoint that answers, primed for its first call.

    Where the function has weights of its own, that is an engine in this process; what keeps it from
    starting ends the process.
    """
    if settings.weights_bucket is not None:
        return _connect_engine(settings, settings.weights_bucket)
    # The control function never calls the endpoint: it should not pay for importing boto3.
    from lambda_api.aws.sagemaker_runtime import SageMakerEndpoint

    endpoint = SageMakerEndpoint.connect(
        settings.endpoint_name,
        settings.model_timeout_seconds,
        settings.inference_component_name,
        settings.adapter_components,
    )
    endpoint.prime()
    return endpoint


def _connect_engine(settings: Settings, bucket: str) -> Upstream:
    from lambda_api.aws.s3 import S3Store
    from lambda_api.llama_cpp.start import end_process, start_engine
    from lambda_api.llama_cpp.upstream import LoopbackEngine
    from lambda_api.llama_cpp.weights import EngineStartError

    try:
        # Closed when the weights are here: what a snapshot holds of a connection is dead.
        with closing(S3Store.connect(bucket)) as store:
            server = start_engine(store, settings)
    except EngineStartError as error:
        end_process(error)
        raise
    return LoopbackEngine(server, settings.model_timeout_seconds)


def connect_wakes(settings: Settings) -> WakeTable:
    """Return the table of the endpoint's wake."""
    # Imported with the first request that finds the endpoint cold.
    from lambda_api.aws.wake_table import DynamoWakeTable

    return DynamoWakeTable.connect(settings.cold_start_table or "", settings.endpoint_name)


def connect_messages(url: str) -> MessageQueue:
    """Return the message queue at a URL."""
    from lambda_api.aws.sqs import SqsQueue

    return SqsQueue.connect(url)


def connect_leases(settings: Settings) -> LeaseTable:
    """Return the table of the things callers hold."""
    # Imported with the first request that makes something: chat counts nothing.
    from lambda_api.aws.lease_table import DynamoLeaseTable

    return DynamoLeaseTable.connect(settings.quota_table or "")


def connect_executions(settings: Settings) -> Executions:
    """Return the state machine that runs batches."""
    from lambda_api.aws.step_functions import StateMachine

    return StateMachine.connect(settings.batch_state_machine_arn or "")


def connect_store(bucket: str | None) -> ObjectStore:
    """Return a bucket as an object store."""
    from lambda_api.aws.s3 import S3Store

    return S3Store.connect(bucket or "")


def connect_queue(settings: Settings) -> Queue:
    """Return the asynchronous endpoint as a queue of requests."""
    from lambda_api.aws.sagemaker_async import SageMakerQueue

    return SageMakerQueue.connect(
        settings.async_endpoint_name or "",
        ttl_seconds=settings.async_request_ttl_seconds,
        timeout_seconds=settings.async_invocation_timeout_seconds,
    )


def connect_search(settings: Settings, seconds: float) -> SearchFunction:
    """Return the search function, which is waited for so long."""
    from lambda_api.aws.functions.search_function import LambdaSearch

    return LambdaSearch.connect(settings.retrieval_search_function or "", seconds)
