"""The composition root, where settings and adapters become the app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from lambda_api.batches.service import BatchService, Executions
from lambda_api.batches.store import BatchStore
from lambda_api.chat.service import MAX_PAYLOAD_BYTES, ChatService, Upstream
from lambda_api.cold_start.monitor import Pace, WakeMonitor
from lambda_api.cold_start.strategies import (
    ColdStartStrategy,
    EnqueueStrategy,
    HoldStrategy,
    MonitoredUpstream,
    RejectStrategy,
)
from lambda_api.cold_start.waiting_room import WaitingRoom
from lambda_api.cold_start.wake import WakeTable
from lambda_api.files.service import FileService
from lambda_api.http.body_limit import BodyLimit
from lambda_api.http.caller import CallersOnly
from lambda_api.http.error_handlers import add_error_handlers
from lambda_api.http.request_log import MetricLog, RequestLog
from lambda_api.quotas.kinds import background_responses, open_batches, stored_files
from lambda_api.quotas.leases import LeaseTable
from lambda_api.responses.background import Background, Queue, ended_responses
from lambda_api.responses.service import ResponseService
from lambda_api.responses.store import ResponseStore
from lambda_api.routers import batches, chat, files, health, models, responses
from lambda_api.settings import Settings
from lambda_api.storage.object_store import ObjectStore


def create_app(
    settings: Settings | None = None,
    client: Upstream | None = None,
    *,
    responses_store: ObjectStore | None = None,
    queue: Queue | None = None,
    batch_store: ObjectStore | None = None,
    executions: Executions | None = None,
    wakes: WakeTable | None = None,
    leases: LeaseTable | None = None,
    pace: Pace | None = None,
) -> FastAPI:
    """Build the service.

    Args:
        settings: The settings; read from the environment unless given.
        client: The upstream; the settings' SageMaker endpoint unless given.
        responses_store: The store of responses; the settings' bucket unless given.
        queue: The queue of background responses; the settings' asynchronous endpoint unless given.
        batch_store: The store of files and batches; the settings' bucket unless given.
        executions: The runner of batches; the settings' state machine unless given.
        wakes: The table of the endpoint's wake; the settings' table unless given.
        leases: The table of the things callers hold; the settings' table unless given.
        pace: The intervals of polling and probing; not to be hurried in production.

    Raises:
        SettingsError: The environment is not usable.
    """
    settings = settings or Settings.from_environment()
    endpoint = cache(lambda: client or _connect(settings))
    connect, cold_start = _cold_start(settings, endpoint, wakes, pace or Pace())
    app = FastAPI(
        title="LLM Twin",
        summary="A fine-tuned model behind an OpenAI-compatible API.",
        lifespan=_connected(connect),
        # curl sends no JSON content type unless told to.
        strict_content_type=False,
    )
    chat_service = ChatService(settings.model_id, connect, settings.prefix_aware_routing)
    held = cache(lambda: leases or _connect_leases(settings))
    response_service = _responses(settings, chat_service, responses_store, queue, held)
    app.include_router(chat.router(chat_service, response_service, cold_start))
    app.include_router(responses.router(response_service, cold_start))
    if settings.batch_bucket:
        _add_batches(app, settings, batch_store, executions, held)
    app.include_router(models.router(settings.model_id))
    app.include_router(health.router)
    add_error_handlers(app)
    # The last one added is the first to see a request.
    app.add_middleware(BodyLimit, MAX_PAYLOAD_BYTES)
    app.add_middleware(CallersOnly, settings.caller_identity)
    app.add_middleware(RequestLog, settings)
    app.add_middleware(_BelowRootPath, settings.root_path)
    return app


class _BelowRootPath:
    """Middleware that tells the app its root path: neither door does, and `/docs` needs it."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "root_path": self._root_path}, receive, send)


def _connect(settings: Settings) -> Upstream:
    # The control function never calls the endpoint: it should not pay for importing boto3.
    from lambda_api.aws.sagemaker_runtime import SageMakerEndpoint

    return SageMakerEndpoint.connect(
        settings.endpoint_name, settings.model_timeout_seconds, settings.inference_component_name
    )


def _cold_start(
    settings: Settings, endpoint: Callable[[], Upstream], wakes: WakeTable | None, pace: Pace
) -> tuple[Callable[[], Upstream], ColdStartStrategy]:
    """Return the way to the upstream, and the strategy for requests that find it cold."""
    if settings.cold_start is None:
        return endpoint, RejectStrategy()
    monitor = WakeMonitor(
        cache(lambda: wakes or _connect_wakes(settings)),
        settings.expected_start_seconds,
        pace=pace,
        note_start=MetricLog(settings).note_start,
    )
    room = WaitingRoom(monitor, settings.max_held_requests)
    strategies: dict[str, ColdStartStrategy] = {
        "hold": HoldStrategy(room, endpoint, settings.hold_seconds),
        "queue": EnqueueStrategy(),
        "reject": RejectStrategy(),
    }
    return cache(lambda: MonitoredUpstream(endpoint(), monitor)), strategies[settings.cold_start]


def _connect_wakes(settings: Settings) -> WakeTable:
    # Imported with the first request that finds the endpoint cold.
    from lambda_api.aws.dynamodb import DynamoWakeTable

    return DynamoWakeTable.connect(settings.cold_start_table or "", settings.endpoint_name)


def _responses(
    settings: Settings,
    chat_service: ChatService,
    objects: ObjectStore | None,
    queue: Queue | None,
    leases: Callable[[], LeaseTable],
) -> ResponseService:
    if not (settings.async_bucket and settings.async_endpoint_name):
        return ResponseService(chat_service)
    store = cache(lambda: ResponseStore(objects or _connect_store(settings.async_bucket)))
    ttl, timeout = settings.async_request_ttl_seconds, settings.async_invocation_timeout_seconds
    quota = background_responses(settings, leases, lambda *of: ended_responses(store(), *of))
    background = Background(
        cache(lambda: queue or _connect_queue(settings)), ttl + timeout, quota=quota
    )
    return ResponseService(chat_service, store, background)


def _add_batches(
    app: FastAPI,
    settings: Settings,
    objects: ObjectStore | None,
    executions: Executions | None,
    leases: Callable[[], LeaseTable],
) -> None:
    store = cache(lambda: objects or _connect_store(settings.batch_bucket))
    uploads = stored_files(settings, leases, lambda *of: connect_files().gone(*of))
    connect_files = cache(
        lambda: FileService(store(), settings.batch_retention_days, quota=uploads)
    )
    run = cache(lambda: executions or _connect_executions(settings))
    opened = open_batches(settings, leases, lambda *of: connect_batches().ended(*of))
    connect_batches = cache(
        lambda: BatchService(
            BatchStore(store()), connect_files(), run, settings.model_id, quota=opened
        )
    )
    app.include_router(files.router(connect_files))
    app.include_router(batches.router(connect_batches))


def _connect_leases(settings: Settings) -> LeaseTable:
    # Imported with the first request that makes something: chat counts nothing.
    from lambda_api.aws.lease_table import DynamoLeaseTable

    return DynamoLeaseTable.connect(settings.quota_table or "")


def _connect_executions(settings: Settings) -> Executions:
    from lambda_api.aws.step_functions import StateMachine

    return StateMachine.connect(settings.batch_state_machine_arn or "")


def _connect_store(bucket: str | None) -> ObjectStore:
    from lambda_api.aws.s3 import S3Store

    return S3Store.connect(bucket or "")


def _connect_queue(settings: Settings) -> Queue:
    from lambda_api.aws.sagemaker_async import SageMakerQueue

    return SageMakerQueue.connect(
        settings.async_endpoint_name or "",
        ttl_seconds=settings.async_request_ttl_seconds,
        timeout_seconds=settings.async_invocation_timeout_seconds,
    )


def _connected(
    connect: Callable[[], Upstream],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        """Connect before the first request, where the door (uvicorn) runs a lifespan."""
        connect()
        yield

    return lifespan
