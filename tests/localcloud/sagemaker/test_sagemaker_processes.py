from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from localcloud.settings import Settings
from tests.localcloud import cloud as local
from tests.localcloud.cloud import Cloud
from tests.localcloud.sagemaker.deployment import Deployment, engines


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
    _, alive = psutil.wait_procs(running, timeout=5)
    assert alive == []
