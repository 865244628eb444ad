from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.applicationautoscaling.operations import AutoScaling
from localcloud.applicationautoscaling.registry import Registry
from localcloud.awsjson.service import JsonService, Worker
from localcloud.clock import Clock
from localcloud.sagemaker.control_plane.endpoints import Endpoints
from localcloud.sagemaker.control_plane.inference_components import InferenceComponents
from localcloud.sagemaker.control_plane.models_and_configs import ModelsAndConfigs
from localcloud.sagemaker.control_plane.store import Store
from localcloud.sagemaker.hosting.instances import Provisioner
from localcloud.sagemaker.storage.model_data import ModelCache
from localcloud.sagemaker.storage.objects import Objects
from tests.support.services import Client


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Client]:
    worker = Worker("test")
    store, registry = Store(), Registry()
    objects = Objects(lambda scope: None)
    models, provisioner = ModelCache(tmp_path, lambda scope: None), Provisioner(Clock())
    endpoints = Endpoints(store, models, objects, registry, provisioner)
    components = InferenceComponents(store, models, registry, provisioner)
    operations = {
        **ModelsAndConfigs(store).operations(),
        **endpoints.operations(),
        **components.operations(),
    }
    yield Client(
        JsonService("sagemaker", operations, worker),
        JsonService("application-autoscaling", AutoScaling(registry).operations(), worker),
    )
    worker.call(endpoints.close())
    worker.call(components.close())
    worker.stop()
