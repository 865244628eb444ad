"""The capabilities of the service, made of settings and adapters."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from lambda_api.admission.request import Admission
from lambda_api.aws.connections import (
    connect_messages,
    connect_queue,
    connect_search,
    connect_store,
    connect_wakes,
)
from lambda_api.chat.assembly import MOST_SILENT_SECONDS
from lambda_api.chat.service import ChatService, Upstream
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
from lambda_api.engine.served_models import ServedModels
from lambda_api.http.metric_log import MetricLog
from lambda_api.quotas.kinds import background_responses
from lambda_api.quotas.leases import LeaseTable
from lambda_api.responses.background import Background, Queue, ended_responses
from lambda_api.responses.service import ResponseService
from lambda_api.responses.store import ResponseStore
from lambda_api.responses.watch import begin_watch
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.retrieval.service import Retrieval
from lambda_api.retrieval.store_names import StoreNames
from lambda_api.retrieval.store_searches import SearchFunction, StoreSearches
from lambda_api.settings import Settings
from lambda_api.storage.object_store import ObjectStore
from lambda_api.vector_stores.registry import StoreRegistry


def chat_service(settings: Settings, connect: Callable[[], Upstream]) -> ChatService:
    """Return the service of chat completions."""
    return ChatService(
        ServedModels.of(settings),
        connect,
        settings.prefix_aware_routing,
        Admission(settings.engine_fields, settings.modalities),
        min(settings.model_timeout_seconds, MOST_SILENT_SECONDS),
    )


def retrieval_service(
    settings: Settings, search: SearchFunction | None, features: Callable[[], ObjectStore]
) -> Retrieval | None:
    """Return the service that searches documents; None where the stage has none.

    Args:
        settings: The settings.
        search: The function that searches; the settings' function unless given.
        features: Returns the bucket of documents.
    """
    if not (settings.retrieval_search_function and settings.retrieval_bucket):
        return None
    stores = StoreSearches(
        cache(lambda seconds: search or connect_search(settings, seconds)),
        StoreNames(settings.retrieval_stores, settings.retrieval_store_keys),
        lambda *of: StoreRegistry(features()).is_there(*of),
    )
    return Retrieval(
        stores,
        settings.context_length,
        settings.retrieval_search_timeout_ms / 1000,
        settings.retrieval_rewrite,
        settings.retrieval_rewrite_timeout_ms / 1000,
    )


def cold_start_strategy(
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


def response_service(
    settings: Settings,
    chat_service: GroundedChat,
    objects: ObjectStore | None,
    queue: Queue | None,
    leases: Callable[[], LeaseTable],
) -> ResponseService:
    """Return the service of responses, which keeps them where there is a bucket."""
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
