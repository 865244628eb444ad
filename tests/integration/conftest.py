"""The real service (uvicorn, boto3) before a stand-in SageMaker Runtime, and OpenAI's client."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import boto3
import openai
import pytest

from lambda_api.aws.s3 import S3Store
from lambda_api.aws.wake_table import DynamoWakeTable
from lambda_api.main import create_app
from lambda_api.settings import Settings
from localcloud.ports import free_port
from localcloud.settings import Settings as CloudSettings
from tests.support.aws_environment import EXAMPLE_CREDENTIALS, aws_environment
from tests.support.localcloud import cloud as local
from tests.support.service.serving import served
from tests.support.service.standin_runtime import DONE, StandInRuntime, Stream, running

BUCKET = "jobs"
TIMEOUT_SECONDS = 1.0
"""Longer than any wait a test allows, so that what ends sooner did not end by this."""


@pytest.fixture(scope="session")
def standin() -> Iterator[StandInRuntime]:
    with running(StandInRuntime(Stream([DONE]))) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def url(standin) -> Iterator[str]:
    """The service's, for a module: while it lasts, the environment names the stand-in."""
    settings = Settings(
        stage="local",
        endpoint_name="twin-local",
        model_id="twin",
        engine="vllm",
        model_timeout_seconds=TIMEOUT_SECONDS,
    )
    variables = {"AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": standin.url, **EXAMPLE_CREDENTIALS}
    with aws_environment(variables), served(create_app(settings)) as url:
        yield url


@pytest.fixture
def runtime(standin) -> StandInRuntime:
    """The stand-in, with nothing received yet."""
    standin.received.clear()
    standin.client_left.clear()
    return standin


@pytest.fixture
def client(url, runtime) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k" * 40, max_retries=0) as client:
        yield client


@pytest.fixture
def ask(client):
    """Complete a chat with OpenAI's client."""

    def ask(**fields):
        messages = [{"role": "user", "content": "Grüß dich 👋"}]
        return client.chat.completions.create(
            **{"model": "twin", "messages": messages, "timeout": 10, **fields}
        )

    return ask


@pytest.fixture
def texts(ask):
    """The pieces of a streamed answer."""

    def texts(**fields):
        chunks = list(ask(stream=True, **fields))
        return [c.choices[0].delta.content for c in chunks if c.choices]

    return texts


@pytest.fixture(scope="session")
def cloud_environment(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A local cloud, as the environment of what calls its services."""
    cloud = local.start(CloudSettings(port=free_port(), data_dir=tmp_path_factory.mktemp("cloud")))
    yield {
        "AWS_ENDPOINT_URL_DYNAMODB": cloud.settings.origin,
        "AWS_ENDPOINT_URL_S3": cloud.settings.origin,
        "AWS_ENDPOINT_URL_S3VECTORS": cloud.settings.origin,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": cloud.settings.origin,
        "AWS_ENDPOINT_URL_SQS": cloud.settings.origin,
        "AWS_ACCESS_KEY_ID": cloud.settings.account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": cloud.settings.region,
    }
    local.stop(cloud)


@pytest.fixture(scope="session")
def storage(cloud_environment) -> S3Store:
    """A bucket of the local cloud."""
    with aws_environment(cloud_environment):
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        return S3Store.connect(BUCKET)


@pytest.fixture(scope="session")
def wakes_table(cloud_environment) -> str:
    """A table of the local cloud."""
    with aws_environment(cloud_environment):
        boto3.client("dynamodb").create_table(
            TableName="wakes",
            KeySchema=[{"AttributeName": "endpoint", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "endpoint", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return "wakes"


@pytest.fixture(scope="session")
def connect_wakes(wakes_table, cloud_environment) -> Callable[[str], DynamoWakeTable]:
    """Gives the wake of an endpoint in that table."""
    with aws_environment(cloud_environment):
        client = boto3.client("dynamodb")
    return lambda endpoint: DynamoWakeTable(client, wakes_table, endpoint)
