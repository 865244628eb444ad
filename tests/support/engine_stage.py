"""A stage with a real engine behind it, in a local cloud of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.support.vllm_stage import LIKE_PROD, vllm_cloud, vllm_deployment
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs

Engine = Literal["llama-cpp", "vllm"]
DEMO = "twin-demo"
"""What clients call the model of both stages."""

ENGINES: tuple[Engine, ...] = ("llama-cpp", "vllm")
"""Engines that run on this machine; `make vllm` installs the second."""


@contextmanager
def deployed_stage(engine: Engine) -> Iterator[tuple[LocalCloud, StageOutputs]]:
    """Deploy the stage `local`, or one like prod with vLLM, and take it down after the block."""
    with tempfile.TemporaryDirectory() as name:
        cloud, deployment = _stage(engine, Path(name))
        try:
            cloud.start(stop_with_us=True)
            yield cloud, deployment.deploy()
        finally:
            cloud.stop()


def _stage(engine: Engine, directory: Path) -> tuple[LocalCloud, LocalDeployment]:
    """Return a cloud that is not yet started, and the engine's stage."""
    if engine == "vllm":
        (directory / "checkout").mkdir()
        cloud = vllm_cloud(directory)
        # Who asks without a temperature gets the likeliest answer: by chance, a model this small
        # goes on until its context is full.
        flags = LIKE_PROD["model__flags"] | {"override_generation_config": {"top_k": 1}}
        return cloud, vllm_deployment(cloud, directory / "checkout", model__flags=flags)
    cloud = LocalCloud(Settings(port=free_port(), data_dir=directory))
    return cloud, LocalDeployment(cloud, PROJECT)
