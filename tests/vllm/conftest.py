"""One stage like prod, with vLLM behind it, deployed by the real CDK command line."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
from openai import OpenAI

from tests.support.vllm_stage import vllm_cloud, vllm_deployment
from twin.client.conversation import connect, served_model
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A running local cloud; none of its processes may survive it."""
    cloud = vllm_cloud(tmp_path_factory.mktemp("cloud"))
    cloud.start(stop_with_us=True)
    try:
        yield cloud
        server = cloud.process()
        assert server is not None, cloud.log.read_text()[-4000:]
        descendants = server.children(recursive=True)
    finally:
        cloud.stop()
    _, alive = psutil.wait_procs(descendants, timeout=10)
    assert alive == []


@pytest.fixture(scope="session")
def deployment(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> LocalDeployment:
    return vllm_deployment(cloud, tmp_path_factory.mktemp("checkout"))


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
