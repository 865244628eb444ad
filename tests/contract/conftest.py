from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.applicationautoscaling.operations import AutoScaling
from localcloud.applicationautoscaling.registry import Registry
from localcloud.awsjson.service import JsonService, Worker
from localcloud.clock import Clock
from localcloud.sagemaker.artifacts import ModelCache
from localcloud.sagemaker.catalog import Catalog
from localcloud.sagemaker.endpoints import Endpoints
from localcloud.sagemaker.inference_components import InferenceComponents
from localcloud.sagemaker.instances import Provisioner
from localcloud.sagemaker.objects import Objects
from localcloud.sagemaker.store import Store
from tests.contract.services import Client


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Client]:
    worker = Worker("test")
    store, registry = Store(), Registry()
    objects = Objects(lambda scope: None)
    models, provisioner = ModelCache(tmp_path, lambda scope: None), Provisioner(Clock())
    endpoints = Endpoints(store, models, objects, registry, provisioner)
    components = InferenceComponents(store, models, registry, provisioner)
    operations = {
        **Catalog(store).operations(),
        **endpoints.operations(),
        **components.operations(),
    }
    yield Client(
        JsonService("sagemaker", operations, worker),
        JsonService("application-autoscaling", AutoScaling(registry).operations(), worker),
    )
    worker.call(components.close())
    worker.call(endpoints.close())
    worker.stop()
