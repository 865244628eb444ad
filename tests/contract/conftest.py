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
from localcloud.sagemaker.instances.offers import Offers
from localcloud.sagemaker.instances.provisioning import Provisioner
from localcloud.sagemaker.storage.model_data import ModelCache
from localcloud.sagemaker.storage.objects import Objects
from tests.support.services import Client

OFFERS = Offers(endpoint={"ml.g6e.xlarge": "us-west-2", "ml.c5.large": "us-east-1 us-west-2"})


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Client]:
    worker = Worker("test")
    store, registry = Store(), Registry()
    objects = Objects(lambda scope: None)
    models, provisioner = ModelCache(tmp_path, lambda scope: None), Provisioner(Clock())
    endpoints = Endpoints(store, models, objects, registry, provisioner)
    components = InferenceComponents(store, models, registry, provisioner)
    operations = {
        **ModelsAndConfigs(store, OFFERS).operations(),
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
