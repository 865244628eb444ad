"""Which containers detailed observability reads, how often, and by which labels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.awsjson.service import Scope
from localcloud.sagemaker.control_plane.store import Store
from localcloud.sagemaker.telemetry.container_metrics import scrape_targets

ACCOUNT = Scope("000000000042", "us-east-1")
PORT = 4321


def replica(host: str, stream: str, port: int | None = PORT) -> Any:
    instance = SimpleNamespace(id=host, type="ml.c5.large")
    return SimpleNamespace(
        port=port,
        log=SimpleNamespace(name=stream),
        slot=SimpleNamespace(instance=instance),
        container=SimpleNamespace(engine=SimpleNamespace(metrics="/metrics")),
    )


@pytest.fixture
def deployed() -> Any:
    """An endpoint, with a function that puts it in the store and gives what is observed of it."""

    def deployed(*replicas: Any, copies: tuple[Any, ...] = (), **metrics: Any) -> list[Any]:
        store = Store()
        endpoint = SimpleNamespace(
            name="twin",
            config={"MetricsConfig": metrics} if metrics else {},
            running_variants=[
                SimpleNamespace(replicas=SimpleNamespace(name="v", replicas=replicas))
            ],
        )
        component = SimpleNamespace(
            name="part", endpoint=endpoint, copies=SimpleNamespace(name="v", replicas=copies)
        )
        store[ACCOUNT].endpoints["twin"] = endpoint
        store[ACCOUNT].components["part"] = component
        return list(scrape_targets(store))

    return deployed


def test_each_minute_unless_the_configuration_says_otherwise(deployed: Any) -> None:
    one = replica("i-1", "v/i-1")
    assert [target.period for target in deployed(one)] == [60]
    (often,) = deployed(one, MetricPublishFrequencyInSeconds=10)
    assert (often.scope, often.port, often.path, often.period) == (ACCOUNT, PORT, "/metrics", 10)


def test_not_where_the_configuration_leaves_it_out(deployed: Any) -> None:
    one = replica("i-1", "v/i-1")
    assert deployed(one, copies=(one,), EnableDetailedObservability=False) == []


def test_an_unhealthy_container_is_not_read(deployed: Any) -> None:
    assert deployed(replica("i-1", "v/i-1", port=None)) == []


def test_copies_on_one_instance_are_told_apart(deployed: Any) -> None:
    targets = deployed(copies=(replica("i-1", "v/i-1/aa"), replica("i-1", "v/i-1/bb")))
    assert {target.labels["aws.sagemaker.container.id"] for target in targets} == {"aa", "bb"}
    assert {target.labels["@resource.host.id"] for target in targets} == {"i-1"}
    labels = {"aws.sagemaker.endpoint.name": "twin", "aws.sagemaker.variant.name": "v"}
    labels["aws.sagemaker.inference_component.name"] = "part"
    assert all(labels.items() <= target.labels.items() for target in targets)
