"""The completion function as Lambda runs it: its environment, S3, the secret, and the webhook."""

from __future__ import annotations

import json
import subprocess
import sys

import openai
import pytest

from lambda_api.aws.s3 import S3Store
from lambda_api.aws.sagemaker_async import SageMakerQueue
from lambda_api.chat.service import ChatService
from lambda_api.handlers import async_completion as function
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.background import Background
from lambda_api.responses.service import ResponseService
from lambda_api.responses.store import ResponseStore
from tests.support.service.standin_runtime import (
    Received,
    Reply,
    StandInRuntime,
    completion,
    running,
)
from tests.support.service.standin_s3 import StandInQueue, StandInS3

BUCKET = "twin-local-async"
SECRET = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ="
ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:webhook"


@pytest.fixture
def queue():
    return StandInQueue(StandInS3(), BUCKET)


@pytest.fixture
def receiver():
    with running(StandInRuntime(Reply(204, b""))) as receiver:
        yield receiver


@pytest.fixture
def aws(queue):
    """One server for all that the function calls."""
    secrets = Reply(200, json.dumps({"SecretString": SECRET}).encode())

    def answer(call: Received):
        if "x-amz-target" in call.headers:
            return secrets
        return queue.accept(call) if call.path.startswith("/endpoints/") else queue.s3(call)

    with running(StandInRuntime(answer)) as aws:
        yield aws


@pytest.fixture
def environment(monkeypatch, aws, receiver):
    variables = {
        "AWS_ENDPOINT_URL_S3": aws.url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": aws.url,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": aws.url,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TWIN_STAGE": "local",
        "TWIN_ENDPOINT_NAME": "twin-local",
        "TWIN_MODEL_ID": "twin",
        "TWIN_ENGINE": "vllm",
        "TWIN_ASYNC_BUCKET": BUCKET,
        "TWIN_WEBHOOK_URL": f"{receiver.url}/hook",
        "TWIN_WEBHOOK_SECRET_ARN": ARN,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    function._completions.cache_clear()
    yield
    function._completions().webhook.close()
    function._completions.cache_clear()


@pytest.fixture
def response_id(environment):
    """A queued response."""
    store = ResponseStore(S3Store.connect(BUCKET))
    later = SageMakerQueue.connect("twin-local-async", ttl_seconds=60, timeout_seconds=60)
    service = ResponseService(
        ChatService("twin", lambda: None), lambda: store, Background(lambda: later, 120)
    )
    request = ResponseRequest(model="twin", input="hi", background=True)
    return service.enqueue(request, "local").id


def test_news_settles_the_response_and_tells_the_webhook_once(
    response_id, queue, receiver, aws, caplog
):
    news = queue.end(completion("Hallo"))
    for _ in range(2):
        function.handler({"Records": [{"Sns": {"Message": news}}]}, None)

    found = ResponseStore(S3Store.connect(BUCKET)).find("local", response_id).response
    assert found.status == "completed"
    (call,) = receiver.received
    with openai.OpenAI(api_key="x") as client:
        event = client.webhooks.unwrap(call.body, call.headers, secret=SECRET)
    assert (event.type, event.data.id) == ("response.completed", response_id)
    asked = [call for call in aws.received if "x-amz-target" in call.headers]
    assert [call.json for call in asked] == [{"SecretId": ARN}]
    assert {record.response_id for record in caplog.records} == {response_id}
    assert SECRET not in json.dumps([record.__dict__ for record in caplog.records], default=str)


def test_the_completion_function_imports_no_web_framework():
    script = "import sys, lambda_api.handlers.async_completion; sys.exit('fastapi' in sys.modules)"

    subprocess.run([sys.executable, "-c", script], check=True)
