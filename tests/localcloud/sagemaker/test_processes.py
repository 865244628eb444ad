from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from localcloud.awsjson.service import Scope
from localcloud.clock import Clock
from localcloud.quotas import Quotas
from localcloud.sagemaker import install
from localcloud.settings import Settings
from tests.support.eventually import LONG, eventually
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import ROLE, Cloud
from tests.support.localcloud.deployment import Deployment, engines


@pytest.mark.parametrize(
    "end", [lambda cloud: cloud.process.kill(), lambda cloud: cloud.process.terminate()]
)
def test_no_engine_outlives_its_server(
    settings: Settings, model_file: Path, end: Callable[[Cloud], None]
) -> None:
    cloud = local.start(settings)
    Deployment(cloud, model_file).create(InitialInstanceCount=2)
    running = engines(cloud)
    assert len(running) == 2
    end(cloud)
    cloud.process.wait()
    _, alive = psutil.wait_procs(running, timeout=LONG)
    assert alive == []


def test_closing_the_services_leaves_no_engine(settings: Settings, model_file: Path) -> None:
    services = install(settings, Clock(), Quotas())
    others = set(psutil.Process().children())
    running: set[psutil.Process] = set()
    try:
        call = partial(services.control_plane.provision, scope=Scope(settings.account, "us-east-1"))
        environment = {"SM_LLAMA_CPP_MODEL": str(model_file), "SM_LLAMA_CPP_CTX_SIZE": "4096"}
        container = {"Image": "llama-cpp", "Environment": environment}
        model = {"ModelName": "m", "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
        call("CreateModel", model)
        variant = {
            "VariantName": "a",
            "ModelName": "m",
            "InstanceType": "ml.c5.large",
            "InitialInstanceCount": 2,
        }
        call("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [variant]})
        call("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
        name = {"EndpointName": "e"}
        eventually(lambda: call("DescribeEndpoint", name)["EndpointStatus"] != "Creating")
        running = set(psutil.Process().children()) - others
    finally:
        services.close()
    assert len(running) == 2
    assert not any(process.is_running() for process in running)
