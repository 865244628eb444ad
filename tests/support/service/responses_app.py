"""The app with kept and background responses, and the fakes behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.testclient import TestClient

from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.support.service.fake_queue import FakeQueue, answer
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_store import MemoryStore

SETTINGS = Settings(stage="local", endpoint_name="twin-local", model_id="twin", engine="vllm")
URL = "/v1/responses"
ASYNC = {"async_endpoint_name": "twin-local-async", "async_bucket": "bucket"}


def as_owner(name: str) -> dict[str, str]:
    return {"x-amzn-request-context": json.dumps({"identity": {"apiKeyId": name}})}


@dataclass
class ResponsesApp:
    client: TestClient
    upstream: FakeUpstream
    store: MemoryStore
    queue: FakeQueue

    def reset(self) -> None:
        """Forget what was asked and kept; building an app takes a while."""
        self.upstream.answer = answer()
        self.upstream.payloads.clear()
        self.store.objects.clear()
        self.queue.requests.clear()
        self.queue.refusal = None


@contextmanager
def responses_app() -> Iterator[ResponsesApp]:
    """An app that keeps responses; its client comes with a key."""
    upstream, store = FakeUpstream(answer()), MemoryStore()
    queue = FakeQueue(store)
    settings = SETTINGS.model_copy(update=ASYNC)
    app = create_app(settings, upstream, responses_store=store, queue=queue)
    with TestClient(app, raise_server_exceptions=False, headers=as_owner("me")) as client:
        yield ResponsesApp(client, upstream, store, queue)


@contextmanager
def keepless_app() -> Iterator[TestClient]:
    """An app where nothing is kept."""
    with TestClient(create_app(SETTINGS, FakeUpstream(answer()))) as client:
        yield client
