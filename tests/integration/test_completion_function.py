"""The completion and the delivery function as Lambda runs them: their environment, S3, SQS, the
secret, and a receiver that fails first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import boto3
import openai
import pytest
from starlette.testclient import TestClient

from lambda_api.aws.s3 import S3Store
from lambda_api.aws.sagemaker_async import SageMakerQueue
from lambda_api.aws.sqs import SqsQueue
from lambda_api.chat.service import ChatService
from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import QueueError, StorageError
from lambda_api.handlers import async_completion, webhook_delivery
from lambda_api.main import create_app
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.background import Background
from lambda_api.responses.service import ResponseService
from lambda_api.responses.store import ResponseStore
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.settings import SettingsError
from lambda_api.webhooks.message_queue import Message
from tests.support.eventually import eventually
from tests.support.service.event_source import EventSource
from tests.support.service.standin_runtime import (
    Received,
    Reply,
    StandInRuntime,
    completion,
    running,
)
from tests.support.service.standin_s3 import StandInQueue, StandInS3

BUCKET = "twin-local-async"
FIRST = "whsec_" + "Zmlyc3Qg" * 4
SECOND = "whsec_" + "c2Vjb25k" * 4


@pytest.fixture
def queue():
    return StandInQueue(StandInS3(), BUCKET)


@pytest.fixture
def receiver():
    with running(StandInRuntime(Reply(204, b""))) as receiver:
        yield receiver


@pytest.fixture
def aws(queue):
    """A server for S3 and the asynchronous endpoint."""

    def answer(call: Received):
        return queue.accept(call) if call.path.startswith("/endpoints/") else queue.s3(call)

    with running(StandInRuntime(answer)) as aws:
        yield aws


@pytest.fixture
def environment(monkeypatch, cloud_environment, aws, receiver) -> Iterator[pytest.MonkeyPatch]:
    variables = {
        **cloud_environment,
        "AWS_ENDPOINT_URL_S3": aws.url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": aws.url,
        "TWIN_STAGE": "local",
        "TWIN_ENDPOINT_NAME": "twin-local",
        "TWIN_MODEL_ID": "twin",
        "TWIN_ENGINE": "vllm",
        "TWIN_ASYNC_BUCKET": BUCKET,
        "TWIN_WEBHOOK_URL": f"{receiver.url}/hook",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield monkeypatch
    for cached in (
        async_completion._completions,
        async_completion._watcher,
        webhook_delivery._consumer,
    ):
        cached.cache_clear()


@pytest.fixture
def secret(environment) -> str:
    arn = boto3.client("secretsmanager").create_secret(Name=uuid4().hex, SecretString=FIRST)["ARN"]
    environment.setenv("TWIN_WEBHOOK_SECRET_ARN", arn)
    return str(arn)


@pytest.fixture
def events(environment) -> EventSource:
    source = EventSource()
    environment.setenv("TWIN_WEBHOOK_QUEUE_URL", source.url)
    return source


@pytest.fixture
def watches(environment) -> EventSource:
    source = EventSource()
    environment.setenv("TWIN_RESPONSE_WATCH_QUEUE_URL", source.url)
    return source


@pytest.fixture
def response_id(environment):
    """A queued response."""
    store = ResponseStore(S3Store.connect(BUCKET))
    later = SageMakerQueue.connect("twin-local-async", ttl_seconds=60, timeout_seconds=60)
    service = ResponseService(
        GroundedChat(ChatService(ServedModels("twin"), lambda: None)),
        lambda: store,
        Background(lambda: later, 120),
    )
    request = ResponseRequest(model="twin", input="hi", background=True)
    return service.enqueue(request, "local").id


def tell(news: str) -> None:
    async_completion.handler({"Records": [{"Sns": {"Message": news}}]}, None)


def test_news_settles_the_response_and_its_event_is_delivered_although_the_receiver_fails_first(
    response_id, queue, receiver, secret, events, caplog, monkeypatch
):
    monkeypatch.setattr("lambda_api.webhooks.message_queue._FIRST_DELAY_SECONDS", 1)
    statuses = [500, 302, 204]
    receiver.answer = lambda call: Reply(statuses.pop(0), b"")
    news = queue.end(completion("Hallo"))
    for _ in range(2):
        tell(news)

    found = ResponseStore(S3Store.connect(BUCKET)).find("local", response_id).response
    assert found.status == "completed"
    assert events.waiting() == 1
    events.hand_over(webhook_delivery.handler)
    assert events.waiting() == 1  # until its time has come
    boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=SECOND)
    webhook_delivery._consumer.cache_clear()  # another environment of the function

    def delivered() -> bool:
        events.hand_over(webhook_delivery.handler)
        return events.waiting() == 0

    eventually(delivered)
    assert len(receiver.received) == 3
    assert len({(call.headers["webhook-id"], call.body) for call in receiver.received}) == 1
    assert {call.path for call in receiver.received} == {"/hook"}
    with openai.OpenAI(api_key="x") as client:
        for call, known in zip(receiver.received, [FIRST, FIRST, SECOND], strict=True):
            event = client.webhooks.unwrap(call.body, call.headers, secret=known)
            assert (event.type, event.data.id) == ("response.completed", response_id)
        # Receivers that do not know the new secret yet:
        client.webhooks.verify_signature(call.body, call.headers, secret=FIRST)
    told = json.dumps([record.__dict__ for record in caplog.records], default=str)
    assert FIRST not in told
    assert receiver.url not in told


def test_the_service_watches_a_response_before_it_queues_it(environment, watches, queue):
    environment.setenv("TWIN_ASYNC_ENDPOINT_NAME", "twin-local-async")
    with TestClient(create_app()) as client:
        request = {"model": "twin", "input": "hi", "background": True}
        response = client.post("/v1/responses", json=request).json()

    assert response["status"] == "queued"
    assert watches.waiting() == 1
    assert watches.hand_over(async_completion.handler) == []  # delayed


def test_the_watch_tells_of_an_end_whose_message_was_lost(response_id, queue, events, watches):
    queue.end(completion("Hallo"))
    watches.show_now(queue.accepted[-1].headers["x-amzn-sagemaker-inference-id"])
    watches.hand_over(async_completion.handler)

    assert watches.waiting() == 0
    assert events.waiting() == 1
    assert (
        ResponseStore(S3Store.connect(BUCKET)).find("local", response_id).response.status
        == "completed"
    )


def test_the_watch_waits_for_what_has_not_ended(response_id, queue, events, watches):
    watches.show_now(queue.accepted[-1].headers["x-amzn-sagemaker-inference-id"])
    watches.hand_over(async_completion.handler)

    assert watches.hand_over(async_completion.handler) == []
    assert (watches.waiting(), events.waiting()) == (1, 0)


@pytest.mark.parametrize("text", ["whsec_", "whsec_c2hvcnQ=", "no key"])
def test_a_secret_that_cannot_sign_is_told_and_the_event_waits_for_another(
    secret, events, receiver, caplog, text
):
    boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)
    SqsQueue.connect(events.url).send('{"id": "evt_' + "0" * 32 + '"}')
    events.hand_over(webhook_delivery.handler)

    assert receiver.received == []
    assert events.waiting() == 1
    (error,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "must be whsec_ and the base64 of 24 to 64 random bytes" in error.message
    assert text not in error.message.partition("got")[2]


def test_a_secret_that_cannot_be_read_is_told(environment, events, caplog):
    environment.setenv("TWIN_WEBHOOK_SECRET_ARN", "nowhere")
    SqsQueue.connect(events.url).send('{"id": "evt_' + "0" * 32 + '"}')
    events.hand_over(webhook_delivery.handler)

    assert events.waiting() == 1
    assert "Secrets Manager ResourceNotFoundException" in caplog.text


def test_a_delivery_function_without_its_environment_says_what_is_missing(environment):
    environment.delenv("TWIN_WEBHOOK_URL")

    with pytest.raises(SettingsError, match="TWIN_WEBHOOK_URL"):
        webhook_delivery.handler({"Records": []}, None)


def test_a_queue_that_is_not_there_is_an_error(environment):
    queue = SqsQueue.connect(f"{EventSource().url}-not")
    with pytest.raises(QueueError) as caught:
        queue.send("x")
    assert "NonExistentQueue" in (caught.value.reason or "")
    with pytest.raises(QueueError):
        queue.postpone(Message("id", "receipt", "x", 1), 5)
    assert not isinstance(caught.value, StorageError)


def test_a_message_is_delayed(environment):
    source = EventSource()
    SqsQueue.connect(source.url).send("x", 900)

    assert source.hand_over(webhook_delivery.handler) == []
    assert source.waiting() == 1


@pytest.mark.parametrize("handler", ["async_completion", "webhook_delivery"])
def test_the_functions_import_no_web_framework(handler):
    script = f"import sys, lambda_api.handlers.{handler}; sys.exit('fastapi' in sys.modules)"

    subprocess.run([sys.executable, "-c", script], check=True)
