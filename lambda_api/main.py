"""The composition root, where settings and adapters become the app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from lambda_api.aws.connections import (
    connect_endpoint,
    connect_leases,
    connect_store,
)
from lambda_api.batches.executions import Executions
from lambda_api.capabilities import (
    chat_service,
    cold_start_strategy,
    response_service,
    retrieval_service,
)
from lambda_api.chat.service import MAX_PAYLOAD_BYTES, Upstream
from lambda_api.cold_start.monitor import Pace
from lambda_api.cold_start.strategies import ColdStartStrategy
from lambda_api.cold_start.wake import WakeTable
from lambda_api.engine.served_models import ServedModels
from lambda_api.http.body_limit import BodyLimit
from lambda_api.http.caller import OPEN_PATHS, CallersOnly
from lambda_api.http.cors import Cors
from lambda_api.http.error_handlers import add_error_handlers
from lambda_api.http.flat_routes import add_routes
from lambda_api.http.openapi import describing
from lambda_api.http.paths import BelowRootPath, OnePath
from lambda_api.http.request_body import PlainBody
from lambda_api.http.request_log import RequestLog
from lambda_api.llama_cpp.restore import resume
from lambda_api.object_routes import KeptObjects, add_object_routes, idempotency_keys
from lambda_api.quotas.leases import LeaseTable
from lambda_api.responses.background import Queue
from lambda_api.responses.service import ResponseService
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.retrieval.store_searches import SearchFunction
from lambda_api.routers import chat, completions, health, models, rag, responses, restore
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
    search: SearchFunction | None = None,
    features_store: ObjectStore | None = None,
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
        search: The function that searches; the settings' function unless given.
        features_store: The store of documents; the settings' bucket unless given.
        pace: The intervals of polling and probing; not to be hurried in production.

    Raises:
        SettingsError: The environment is not usable.
    """
    settings = settings or Settings.from_environment()
    endpoint = cache(lambda: client or connect_endpoint(settings))
    connect, cold_start = cold_start_strategy(settings, endpoint, wakes, pace or Pace())
    features = cache(lambda: features_store or connect_store(settings.retrieval_bucket))
    retrieval = retrieval_service(settings, search, features)
    app = _bare_app(connect if retrieval is None else _both(connect, retrieval.connect_soon))
    answers = chat_service(settings, connect)
    grounded = GroundedChat(answers, retrieval)
    held = cache(lambda: leases or connect_leases(settings))
    kept = response_service(settings, grounded, responses_store, queue, held)
    add_routes(app, chat.router(grounded, kept, cold_start))
    add_routes(app, completions.router(answers, cold_start))
    _add_responses(app, settings, kept, cold_start)
    jobs = cache(lambda: batch_store or connect_store(settings.batch_bucket))
    objects = KeptObjects(settings, jobs, features, executions, held, retrieval)
    _add_what_some_stages_have(app, objects, grounded, cold_start)
    _complete(app, settings, endpoint)
    return app


def _add_responses(
    app: FastAPI, settings: Settings, kept: ResponseService, cold_start: ColdStartStrategy
) -> None:
    keys, seconds = _keys_of(kept), settings.function_timeout_seconds
    add_routes(app, responses.router(kept, cold_start, keys, seconds))


def _add_what_some_stages_have(
    app: FastAPI, objects: KeptObjects, chats: GroundedChat, cold_start: ColdStartStrategy
) -> None:
    add_object_routes(app, objects, chats)
    app.state.kept = objects  # for the control function's schedule
    if chats.retrieval and chats.retrieval.stores.names.declared_ids:
        add_routes(app, rag.router(chats, chats.retrieval.stores.names, cold_start))


def _complete(app: FastAPI, settings: Settings, endpoint: Callable[[], Upstream]) -> None:
    """Add what every stage has, and the hook of a restore where there are snapshots."""
    if path := settings.after_restore_path:
        add_routes(app, restore.router(path, lambda: resume(endpoint().complete)))
    served = ServedModels.of(settings)
    add_routes(app, models.router(served))
    add_routes(app, health.router)
    add_error_handlers(app)
    app.openapi = describing(app, served.ids, settings.modalities)  # type: ignore[method-assign]
    _add_middleware(app, settings)


def _both(*connects: Callable[[], object]) -> Callable[[], object]:
    return lambda: [connect() for connect in connects]


def _bare_app(connect: Callable[[], object]) -> FastAPI:
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
    # The hook of a restore has no caller; the Web Adapter lets nobody else reach it.
    hooks = filter(None, [settings.after_restore_path])
    app.add_middleware(CallersOnly, settings.caller_identity, OPEN_PATHS.union(hooks))
    app.add_middleware(OnePath, settings.root_path)
    app.add_middleware(RequestLog, settings)
    # Around the log, which answers what nothing else did: a page may read that too.
    app.add_middleware(Cors, settings.cors_origins)
    app.add_middleware(BelowRootPath, settings.root_path)


def _keys_of(service: ResponseService) -> Callable[[], IdempotencyKeys]:
    return cache(lambda: idempotency_keys(service.kept().objects, "responses"))


def _connected(
    connect: Callable[[], object],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        """Connect before the first request, where the door (uvicorn) runs a lifespan.

        In a worker thread, because the first one loads AnyIO's event loop support: 30 ms of CPU.
        """
        await run_in_threadpool(connect)
        yield

    return lifespan
