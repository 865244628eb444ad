"""The whole service over the real ingestion, everything in memory."""

from __future__ import annotations

import json

import openai
import pytest

from lambda_api.main import create_app
from tests.support.service.batch_world import Executions
from tests.support.service.fake_queue import answer
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_leases import MemoryLeaseTable
from tests.support.service.memory_store import MemoryStore
from tests.support.service.serving import served
from tests.support.service.vector_store_world import Ingestion, settings


class Service:
    """The service with everything in memory."""

    def __init__(self) -> None:
        self.jobs, self.features = MemoryStore(), MemoryStore()
        self.ingestion = Ingestion(self.features)
        self.upstream = FakeUpstream(answer("The library closes at nine [1]."))
        self.app = create_app(
            settings(
                batch_bucket="jobs",
                quota_table="quotas",
                max_vector_stores=3,
                max_vector_store_files=4,
                max_vector_store_mb=1,
            ),
            self.upstream,
            batch_store=self.jobs,
            executions=Executions(),
            leases=MemoryLeaseTable(),
            search=self.ingestion,
            features_store=self.features,
        )


@pytest.fixture(scope="module")
def shared():
    service = Service()
    with served(service.app) as url:
        yield service, f"{url}/v1"


@pytest.fixture
def service(shared) -> Service:
    service = shared[0]
    service.ingestion.waits, service.ingestion.failure = False, None
    service.ingestion.events.clear()
    service.upstream.payloads.clear()
    return service


@pytest.fixture
def connect(shared):
    clients = []

    def connect(key: str) -> openai.OpenAI:
        context = json.dumps({"identity": {"apiKeyId": key}})
        client = openai.OpenAI(
            base_url=shared[1],
            api_key="k" * 40,
            default_headers={"x-amzn-request-context": context},
            max_retries=0,
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def client(service, connect, request):
    """OpenAI's client with a key of its own for each test."""
    return connect(request.node.name)
