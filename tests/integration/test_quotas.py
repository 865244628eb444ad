"""Limits of a caller, as OpenAI's client meets them: over the whole service, with a table."""

from __future__ import annotations

import json
import logging

import openai
import pytest

from lambda_api.main import create_app
from lambda_api.quotas.kinds import background_responses
from lambda_api.responses.completion import Completions
from lambda_api.responses.names import inference_id
from lambda_api.responses.store import ResponseStore
from lambda_api.settings import Settings
from tests.support.service.batch_world import Executions, requests
from tests.support.service.fake_queue import FakeQueue, answer
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_leases import MemoryLeaseTable
from tests.support.service.memory_store import MemoryStore
from tests.support.service.serving import served

SETTINGS = Settings(
    stage="local",
    endpoint_name="twin-local",
    model_id="twin",
    engine="vllm",
    caller_identity="key",
    async_endpoint_name="twin-local-async",
    async_bucket="jobs",
    batch_bucket="jobs",
    quota_table="quotas",
    max_open_batches=1,
    max_background_responses=2,
    max_stored_files=3,
    max_stored_mb=1,
)


class Service:
    """The service with everything in memory, and the table of leases."""

    def __init__(self):
        self.store, self.leases = MemoryStore(), MemoryLeaseTable()
        self.queue, self.executions = FakeQueue(self.store), Executions()
        self.app = create_app(
            SETTINGS,
            FakeUpstream(answer()),
            responses_store=self.store,
            queue=self.queue,
            batch_store=self.store,
            executions=self.executions,
            leases=self.leases,
        )


@pytest.fixture(scope="module")
def service():
    return Service()


@pytest.fixture(scope="module")
def url(service):
    with served(service.app) as url:
        yield f"{url}/v1"


@pytest.fixture
def caller(url, request):
    """OpenAI's client with a key of its own for each test, and as many tries as by default."""
    context = json.dumps({"identity": {"apiKeyId": request.node.name}})
    headers = {"x-amzn-request-context": context}
    with openai.OpenAI(base_url=url, api_key="k" * 40, default_headers=headers) as client:
        yield client


@pytest.fixture
def background(caller):
    once = caller.with_options(max_retries=0)
    return lambda: once.responses.create(model="twin", input="hi", background=True)


def upload(caller, content=None):
    file = ("a.jsonl", content or requests(1))
    return caller.files.create(file=file, purpose="batch")


def test_files_are_limited_and_deleting_one_makes_room(caller):
    files = [upload(caller) for _ in range(3)]

    with pytest.raises(openai.RateLimitError) as caught:
        upload(caller)
    error = caught.value
    assert error.code == "rate_limit_exceeded"
    assert error.type == "rate_limit_error"
    assert error.body["message"] == (
        "you have 3 stored files, at most 3 are allowed; delete some or let them expire"
    )
    assert error.response.headers["retry-after"] == "60"
    # The client believes this one, and does not send the file twice more.
    assert error.response.headers["x-should-retry"] == "false"

    caller.files.delete(files[0].id)
    upload(caller)


def test_bytes_are_limited_before_a_large_file_has_an_address(caller):
    upload(caller, b"x" * 600_000)
    body = {"filename": "b.jsonl", "bytes": 500_000, "purpose": "batch"}

    with pytest.raises(openai.RateLimitError) as caught:
        caller.post("/files", body=body, cast_to=object)

    assert "have 600000 bytes, 500000 more would exceed the 1048576" in str(caught.value)
    assert len(caller.files.list().data) == 1


def test_open_batches_are_limited_and_told_in_openais_headers(caller, service):
    file = upload(caller)
    wanted = {
        "input_file_id": file.id,
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }
    caller.batches.create(**wanted)
    started = len(service.executions.calls)

    with pytest.raises(openai.RateLimitError) as caught:
        caller.batches.create(**wanted)

    headers = caught.value.response.headers
    assert headers["retry-after"] == "60"
    assert headers["x-ratelimit-limit-requests"] == "1"
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert headers["x-ratelimit-reset-requests"] == "60s"
    assert len(service.executions.calls) == started


def test_a_background_response_counts_until_sagemaker_is_done(caller, background, service):
    responses = [background(), background()]
    caller.responses.cancel(responses[0].id)
    caller.responses.delete(responses[1].id)
    with pytest.raises(openai.RateLimitError):
        background()

    quota = background_responses(SETTINGS, lambda: service.leases)
    completions = Completions(ResponseStore(service.store), None, logging.getLogger(), quota)
    name = next(n for n in service.queue.requests if inference_id("", responses[0].id) in n)
    completions.take(service.queue.end(name, answer()))

    background()


def test_a_refused_response_was_not_queued(background, service):
    background()
    background()
    queued = len(service.queue.requests)

    with pytest.raises(openai.RateLimitError):
        background()

    assert len(service.queue.requests) == queued


def test_answers_at_once_are_not_counted(caller, background):
    for _ in range(2):
        background()

    message = {"role": "user", "content": "hi"}
    assert caller.chat.completions.create(model="twin", messages=[message]).choices
    assert caller.responses.create(model="twin", input="hi").output_text
