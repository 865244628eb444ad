from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localcloud.cloud import Cloud
from tests.localcloud.sagemaker.deployment import Deployment
from tests.localcloud.sagemaker.random_model import write_random_model


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers nonsense for as long as it is asked to."""
    return write_random_model(tmp_path_factory.mktemp("model") / "model.gguf")


@pytest.fixture
def fresh(cloud: Cloud, model_file: Path) -> Iterator[Deployment]:
    """An endpoint of the test's own, yet to be created."""
    deployment = Deployment(cloud, model_file)
    yield deployment
    if deployment.exists():
        deployment.settled()
        deployment.delete()
