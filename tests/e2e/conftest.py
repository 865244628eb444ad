"""One deployment of the stage `local` by the real CDK command line, for all these tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from openai import OpenAI

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.support.webhook_receiver import SECRET, WebhookReceiver, receiving
from twin.client.conversation import connect, served_model
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is deployed, for tests that change it."""
    directory = tmp_path_factory.mktemp("checkout")
    for name in ("config", "stacks", "lambda_api", "model_artifacts/demo"):
        shutil.copytree(
            PROJECT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("app.py", "cdk.json"):
        shutil.copy(PROJECT / name, directory / name)
    (PROJECT / ".build").mkdir(exist_ok=True)
    (directory / ".build").symlink_to(PROJECT / ".build")
    return directory


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A running local cloud; none of its processes may survive it."""
    cloud = LocalCloud(Settings(port=free_port(), data_dir=tmp_path_factory.mktemp("cloud")))
    cloud.start(stop_with_us=True)
    try:
        yield cloud
        server = cloud.process()
        assert server is not None, cloud.log.read_text()[-4000:]
        descendants = server.children(recursive=True)
    finally:
        cloud.stop()
    _, alive = psutil.wait_procs(descendants, timeout=5)
    assert alive == []


_WEBHOOK = """
[async.webhook]
url = "{url}"
secret_name = "twin/webhook"
"""


@pytest.fixture(scope="session")
def webhooks(cloud: LocalCloud) -> Iterator[WebhookReceiver]:
    """The receiver of the stage's webhook; its secret is there before the deployment."""
    secrets = cloud.session.client("secretsmanager", endpoint_url=cloud.settings.origin)
    secrets.create_secret(Name="twin/webhook", SecretString=SECRET)
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def deployment(cloud: LocalCloud, checkout: Path, webhooks: WebhookReceiver) -> LocalDeployment:
    with (checkout / "config" / "local.toml").open("a") as config:
        config.write(_WEBHOOK.format(url=webhooks.url))
    return LocalDeployment(cloud, checkout)


@pytest.fixture(scope="session")
def stage(deployment: LocalDeployment) -> StageOutputs:
    return deployment.deploy()


@pytest.fixture
def client(stage: StageOutputs) -> Iterator[OpenAI]:
    with connect(stage) as client:
        yield client


@pytest.fixture
def model(client: OpenAI) -> str:
    return served_model(client)
