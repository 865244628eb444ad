"""The composition root, where settings and adapters become the app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache

from fastapi import FastAPI

from lambda_api.admission.request import Admission
from lambda_api.aws.connections import (
    connect_endpoint,
    connect_executions,
    connect_leases,
    connect_messages,
    connect_queue,
    connect_store,
    connect_wakes,
)
from lambda_api.batches.executions import Executions
from lambda_api.batches.removal import FileCopies
from lambda_api.batches.service import BatchService
from lambda_api.batches.store import BatchStore
from lambda_api.chat.assembly import MOST_SILENT_SECONDS
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
from lambda_api.http.cors import Cors
from lambda_api.http.error_handlers import add_error_handlers
from lambda_api.http.openapi import describing
from lambda_api.http.paths import BelowRootPath, OnePath
from lambda_api.http.request_body import PlainBody
from lambda_api.http.request_log import MetricLog, RequestLog
from lambda_api.quotas.kinds import background_responses, open_batches, stored_files
from lambda_api.quotas.leases import LeaseTable
from lambda_api.responses.background import Background, Queue, ended_responses
from lambda_api.responses.service import ResponseService
from lambda_api.responses.store import ResponseStore
from lambda_api.responses.watch import begin_watch
from lambda_api.routers import batches, chat, completions, files, health, models, responses
from lambda_api.settings import Settings
from lambda_api.storage.idempotency import IdempotencyKeys
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
    endpoint = cache(lambda: client or connect_endpoint(settings))
    connect, cold_start = _cold_start(settings, endpoint, wakes, pace or Pace())
    app = _bare_app(connect)
    chat_service = _chat(settings, connect)
    held = cache(lambda: leases or connect_leases(settings))
    response_service = _responses(settings, chat_service, responses_store, queue, held)
    app.include_router(chat.router(chat_service, response_service, cold_start))
    app.include_router(completions.router(chat_service, cold_start))
    keys, seconds = _keys_of(response_service), settings.function_timeout_seconds
    app.include_router(responses.router(response_service, cold_start, keys, seconds))
    if settings.batch_bucket:
        _add_batches(app, settings, batch_store, executions, held)
    app.include_router(models.router(settings.model_id))
    app.include_router(health.router)
    add_error_handlers(app)
    app.openapi = describing(app, settings.model_id, settings.modalities)  # type: ignore[method-assign]
    _add_middleware(app, settings)
    return app


def _chat(settings: Settings, connect: Callable[[], Upstream]) -> ChatService:
    return ChatService(
        settings.model_id,
        connect,
        settings.prefix_aware_routing,
        Admission(settings.engine_fields, settings.modalities),
        min(settings.model_timeout_seconds, MOST_SILENT_SECONDS),
    )


def _bare_app(connect: Callable[[], Upstream]) -> FastAPI:
    return FastAPI(
        title="LLM Twin",
        summary="A fine-tuned model behind an OpenAI-compatible API.",
        lifespan=_connected(connect),
        # curl sends no JSON content type unless told to.
        strict_content_type=False,
        # FastAPI's redirect would lead out of API Gateway's stage; OnePath drops slashes instead.
        redirect_slashes=False,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """Add what every request passes; the last one added is the first to see a request."""
    app.add_middleware(PlainBody, MAX_PAYLOAD_BYTES)
    app.add_middleware(BodyLimit, MAX_PAYLOAD_BYTES)
    app.add_middleware(CallersOnly, settings.caller_identity)
    app.add_middleware(OnePath, settings.root_path)
    app.add_middleware(RequestLog, settings)
    # Around the log, which answers what nothing else did: a page may read that too.
    app.add_middleware(Cors, settings.cors_origins)
    app.add_middleware(BelowRootPath, settings.root_path)


def _cold_start(
    settings: Settings, endpoint: Callable[[], Upstream], wakes: WakeTable | None, pace: Pace
) -> tuple[Callable[[], Upstream], ColdStartStrategy]:
    """Return the way to the upstream, and the strategy for requests that find it cold."""
    if settings.cold_start is None:
        return endpoint, RejectStrategy()
    monitor = WakeMonitor(
        cache(lambda: wakes or connect_wakes(settings)),
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


def _responses(
    settings: Settings,
    chat_service: ChatService,
    objects: ObjectStore | None,
    queue: Queue | None,
    leases: Callable[[], LeaseTable],
) -> ResponseService:
    if not (settings.async_bucket and settings.async_endpoint_name):
        return ResponseService(chat_service)
    store = cache(lambda: ResponseStore(objects or connect_store(settings.async_bucket)))
    ttl, timeout = settings.async_request_ttl_seconds, settings.async_invocation_timeout_seconds
    quota = background_responses(settings, leases, lambda *of: ended_responses(store(), *of))
    connect = cache(lambda: queue or connect_queue(settings))
    watch = _watch(settings.response_watch_queue_url)
    background = Background(connect, ttl + timeout, watch=watch, quota=quota)
    return ResponseService(chat_service, store, background)


def _watch(queue_url: str | None) -> Callable[[str], None] | None:
    """Return the beginning of a watch on a background response; None where nobody is told."""
    if queue_url is None:
        return None
    connect = cache(lambda: connect_messages(queue_url))
    return lambda inference_id: begin_watch(connect(), inference_id)


def _add_batches(
    app: FastAPI,
    settings: Settings,
    objects: ObjectStore | None,
    executions: Executions | None,
    leases: Callable[[], LeaseTable],
) -> None:
    store = cache(lambda: objects or connect_store(settings.batch_bucket))
    uploads = stored_files(settings, leases, lambda *of: connect_files().gone(*of))
    note = MetricLog(settings).note_unreadable
    states = cache(lambda: BatchStore(store()))
    connect_files = cache(
        lambda: FileService(
            store(),
            settings.batch_retention_days,
            uses=FileCopies(states()),
            note_unreadable=note,
            quota=uploads,
        )
    )
    run = cache(lambda: executions or connect_executions(settings))
    opened = open_batches(settings, leases, lambda *of: connect_batches().ended(*of))
    connect_batches = cache(
        lambda: BatchService(
            states(),
            connect_files(),
            run,
            settings.model_id,
            note_unreadable=note,
            quota=opened,
        )
    )
    app.include_router(files.router(connect_files, cache(lambda: _keys(store(), "files"))))
    app.include_router(batches.router(connect_batches, cache(lambda: _keys(store(), "batches"))))


def _keys_of(service: ResponseService) -> Callable[[], IdempotencyKeys]:
    return cache(lambda: _keys(service.kept().objects, "responses"))


def _keys(store: ObjectStore, folder: str) -> IdempotencyKeys:
    # No owner is called so: owners are hex digits, `local` or `schedules`.
    return IdempotencyKeys(store, f"{folder}/~keys/")


def _connected(
    connect: Callable[[], Upstream],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        """Connect before the first request, where the door (uvicorn) runs a lifespan."""
        connect()
        yield

    return lifespan
