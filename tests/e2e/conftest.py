"""Deployments of two stages by the real CDK command line, for all these tests."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.credentials import Credentials
from openai import OpenAI
from typer.testing import CliRunner

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.support.local_stage import add_signed_stage, add_webhook, copy_checkout, keep_secret
from tests.support.model_versions import STAGE, RunCommand
from tests.support.signatures import INVOKE, signing_client
from tests.support.webhook_receiver import WebhookReceiver, receiving
from tests.support.workflow import add_workflow
from twin.client.conversation import connect, served_model
from twin.commands import stages
from twin.commands.model import app
from twin.lifecycle.stage import ModelStage
from twin.local.cloud import LocalCloud
from twin.local.deployment import STAGE as LOCAL
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is deployed, for tests that change it."""
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


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
    _, alive = psutil.wait_procs(descendants, timeout=60)
    assert alive == []


@pytest.fixture(scope="session")
def webhooks(cloud: LocalCloud) -> Iterator[WebhookReceiver]:
    """The receiver of the stage's webhook; its secret is there before the deployment."""
    keep_secret(cloud)
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def deployment(cloud: LocalCloud, checkout: Path, webhooks: WebhookReceiver) -> LocalDeployment:
    add_webhook(checkout, webhooks)
    add_workflow(checkout, LOCAL)
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


@pytest.fixture(scope="session")
def released(cloud: LocalCloud, checkout: Path) -> LocalDeployment:
    """The stage of versions, the first of which is the demo model."""
    add_workflow(checkout, STAGE)
    deployment = LocalDeployment(cloud, checkout, STAGE)
    deployment.deploy()
    return deployment


@pytest.fixture(scope="session")
def model_stage(released: LocalDeployment) -> ModelStage:
    cloud = released.cloud
    return ModelStage(released.config, cloud.session, cloud.settings.origin)


@pytest.fixture
def twin(
    released: LocalDeployment,
    model_stage: ModelStage,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> RunCommand:
    """Run a line of `twin model ...` where the directory `second` is, and return what it says."""
    opened = (model_stage.config, model_stage.session, model_stage.origin)
    monkeypatch.setattr(stages, "PROJECT", released.project)
    monkeypatch.setattr(stages, "_opened", lambda _: opened)
    monkeypatch.chdir(tmp_path)

    def run(line: str, *, status: int = 0) -> str:
        program, group, *arguments = shlex.split(line)
        assert (program, group) == ("twin", "model")
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == status, (line, done.output, done.exception)
        return done.output

    return run


@pytest.fixture
def served_by(released: LocalDeployment) -> Iterator[OpenAI]:
    with connect(released.outputs()) as client:
        yield client


@pytest.fixture(scope="session")
def signing(cloud: LocalCloud, checkout: Path) -> Iterator[LocalDeployment]:
    """The stage `local` with the other choices: signatures, chunks in S3 Vectors, nothing async."""
    deployment = LocalDeployment(cloud, checkout, add_signed_stage(checkout))
    deployment.deploy()
    yield deployment
    deployment.destroy()


@pytest.fixture(scope="session")
def signed_stage(signing: LocalDeployment) -> StageOutputs:
    return signing.outputs()


@pytest.fixture
def signed(signed_stage: StageOutputs) -> Iterator[Callable[[Credentials], OpenAI]]:
    """Makes clients that sign with these credentials."""
    clients: list[OpenAI] = []

    def signed(credentials: Credentials) -> OpenAI:
        clients.append(signing_client(signed_stage, credentials))
        return clients[-1]

    yield signed
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def aws(cloud: LocalCloud) -> Callable[[str], Any]:
    return lambda name: cloud.session.client(name, endpoint_url=cloud.settings.origin)


@pytest.fixture
def user(aws: Callable[[str], Any]) -> Callable[[str], Credentials]:
    """Makes users of the account who may call the API."""

    def user(name: str) -> Credentials:
        iam = aws("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="invoke", PolicyDocument=INVOKE)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    return user
