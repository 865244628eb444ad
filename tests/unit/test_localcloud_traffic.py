from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.sagemaker.traffic import NoCapacityError, Traffic, UnknownVariantError, Variant


def instance(port: int | None = 1) -> Any:
    return SimpleNamespace(port=port, in_flight=0)


def variant(*instances: Any, name: str = "a", weight: float = 1.0, least: bool = True) -> Variant:
    return Variant(
        name=name,
        weight=weight,
        desired=len(instances),
        least_outstanding=least,
        instances=list(instances),
    )


def routed(*variants: Variant) -> Traffic:
    traffic = Traffic()
    traffic.shift(variants)
    return traffic


def test_least_busy_instance_is_taken() -> None:
    instances = [instance(), instance(), instance()]
    traffic = routed(variant(*instances))
    taken = [traffic.acquire()[1] for _ in range(6)]
    assert Counter(map(id, taken)) == {id(one): 2 for one in instances}
    traffic.release(instances[1])
    assert traffic.acquire()[1] is instances[1]


def test_random_routing_ignores_how_busy_an_instance_is() -> None:
    instances = [instance(), instance()]
    instances[0].in_flight = 1000
    traffic = routed(variant(*instances, least=False))
    assert {id(traffic.acquire()[1]) for _ in range(100)} == set(map(id, instances))


def test_unhealthy_instance_is_not_taken() -> None:
    healthy = instance()
    traffic = routed(variant(instance(None), healthy))
    assert {id(traffic.acquire()[1]) for _ in range(20)} == {id(healthy)}


def test_no_healthy_instance_is_no_capacity() -> None:
    with pytest.raises(NoCapacityError):
        routed(variant(instance(None))).acquire()
    with pytest.raises(NoCapacityError):
        routed().acquire()
    with pytest.raises(NoCapacityError):
        routed(variant(instance(), weight=0)).acquire()


def test_variants_share_by_weight() -> None:
    traffic = routed(
        variant(instance(), name="a", weight=3), variant(instance(), name="b", weight=1)
    )
    shares = Counter(traffic.acquire()[0].name for _ in range(2000))
    assert 1400 < shares["a"] < 1600


def test_request_can_choose_a_variant_even_without_weight() -> None:
    traffic = routed(variant(instance(), name="a"), variant(instance(), name="b", weight=0))
    assert traffic.acquire("b")[0].name == "b"
    with pytest.raises(UnknownVariantError):
        traffic.acquire("c")


def test_idle_and_unhealthy_instances_are_retired_first() -> None:
    busy, idle, unhealthy = instance(), instance(), instance(None)
    busy.in_flight = 1
    kept = variant(busy, idle, unhealthy)
    traffic = routed(kept)
    assert traffic.retire(kept, 2) == [unhealthy, idle]
    assert kept.instances == [busy]
