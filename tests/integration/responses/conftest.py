"""The service with a queue and a bucket, and OpenAI's client of its responses."""

from __future__ import annotations

import json

import openai
import pytest

from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.support.aws_environment import EXAMPLE_CREDENTIALS, aws_environment
from tests.support.service.serving import served
from tests.support.service.standin_runtime import StandInRuntime, running
from tests.support.service.standin_s3 import StandInQueue, StandInS3

BUCKET = "twin-local-async"


@pytest.fixture(scope="module")
def s3():
    return StandInS3()


@pytest.fixture(scope="module")
def later(s3):
    return StandInQueue(s3, BUCKET)


@pytest.fixture(scope="module")
def url(standin, s3):
    settings = Settings(
        stage="local",
        endpoint_name="twin-local",
        model_id="twin",
        engine="vllm",
        modalities=["text", "image"],
        async_endpoint_name="twin-local-async",
        async_bucket=BUCKET,
    )
    with running(StandInRuntime(s3)) as storage:
        variables = {
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": standin.url,
            "AWS_ENDPOINT_URL_S3": storage.url,
            **EXAMPLE_CREDENTIALS,
        }
        with aws_environment(variables), served(create_app(settings)) as url:
            yield url


@pytest.fixture(autouse=True)
def _empty(s3):
    s3.objects.clear()


@pytest.fixture
def responses(client):
    return client.responses


@pytest.fixture
def queued(responses, runtime, later):
    """A background response, and what is queued for it."""
    runtime.answer = later.accept
    return responses.create(model="twin", input="Grüß dich", background=True)


@pytest.fixture
def other_key(url):
    """The same client, coming through API Gateway with another key."""
    context = json.dumps({"identity": {"apiKeyId": "another"}})
    headers = {"x-amzn-request-context": context}
    with openai.OpenAI(
        base_url=f"{url}/v1", api_key="o" * 40, max_retries=0, default_headers=headers
    ) as client:
        yield client
