from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.sagemaker.replicas.routing import (
    AnyReplica,
    LeastOutstanding,
    PrefixAware,
    Prompt,
    Routing,
)
from localcloud.sagemaker.replicas.traffic import (
    NoCapacityError,
    ReplicaSet,
    Traffic,
    UnknownVariantError,
)


def replica(port: int | None = 1, *, name: str = "", rank: int = 0) -> Any:
    return SimpleNamespace(
        port=port, in_flight=0, log=SimpleNamespace(name=name), slot=SimpleNamespace(rank=rank)
    )


def replica_set(
    *replicas: Any,
    name: str = "a",
    weight: float = 1.0,
    routing: Routing = LeastOutstanding(),  # noqa: B008 - it has no state
) -> ReplicaSet:
    return ReplicaSet(name=name, weight=weight, routing=routing, replicas=list(replicas))


def routed(*sets: ReplicaSet) -> Traffic:
    traffic = Traffic()
    traffic.shift(sets)
    return traffic


def test_least_busy_replica_is_taken() -> None:
    replicas = [replica(), replica(), replica()]
    traffic = routed(replica_set(*replicas))
    taken = [traffic.acquire()[1] for _ in range(6)]
    assert Counter(map(id, taken)) == {id(one): 2 for one in replicas}
    traffic.release(replicas[1])
    assert traffic.acquire()[1] is replicas[1]


def test_random_routing_ignores_how_busy_a_replica_is() -> None:
    replicas = [replica(), replica()]
    replicas[0].in_flight = 1000
    traffic = routed(replica_set(*replicas, routing=AnyReplica()))
    assert {id(traffic.acquire()[1]) for _ in range(100)} == set(map(id, replicas))


def test_unhealthy_replica_is_not_taken() -> None:
    healthy = replica()
    traffic = routed(replica_set(replica(None), healthy))
    assert {id(traffic.acquire()[1]) for _ in range(20)} == {id(healthy)}


def test_no_healthy_replica_is_no_capacity() -> None:
    with pytest.raises(NoCapacityError):
        routed(replica_set(replica(None))).acquire()
    with pytest.raises(NoCapacityError):
        routed().acquire()
    with pytest.raises(NoCapacityError):
        routed(replica_set(replica(), weight=0)).acquire()


def test_sets_share_by_weight() -> None:
    traffic = routed(
        replica_set(replica(), name="a", weight=3), replica_set(replica(), name="b", weight=1)
    )
    shares = Counter(traffic.acquire()[0].name for _ in range(2000))
    assert 1400 < shares["a"] < 1600


def test_request_can_choose_a_set_even_without_weight() -> None:
    traffic = routed(replica_set(replica(), name="a"), replica_set(replica(), name="b", weight=0))
    assert traffic.acquire("b")[0].name == "b"
    with pytest.raises(UnknownVariantError):
        traffic.acquire("c")


def test_unhealthy_fallback_and_idle_replicas_are_retired_in_that_order() -> None:
    busy, idle, fallback, unhealthy = replica(), replica(), replica(rank=1), replica(None)
    busy.in_flight, fallback.in_flight = 1, 2
    kept = replica_set(busy, idle, fallback, unhealthy)
    traffic = routed(kept)
    assert traffic.retire(kept, 3) == [unhealthy, fallback, idle]
    assert kept.replicas == [busy]


def test_new_replicas_take_the_place_of_old_ones() -> None:
    old, stays, new = (replica(name=name) for name in ("old", "stays", "new"))
    kept = replica_set(old, stays)
    routed(kept).admit(kept, [new], [old])
    assert kept.replicas == [stays, new]


def test_busy_owner_of_a_prefix_hands_over_to_the_least_busy() -> None:
    replicas = [replica(name=name) for name in "abc"]
    traffic = routed(replica_set(*replicas, routing=PrefixAware(length=4, threshold=2)))
    prompt = Prompt(b"same")
    first, second, third = (traffic.acquire(prompt=prompt)[1] for _ in range(3))
    assert first is second is not third


def test_fleets_share_the_requests_whatever_their_weights() -> None:
    traffic = Traffic()
    old, new = replica_set(replica(), weight=1), replica_set(replica(), weight=7)
    traffic.shift([new], beside=[old], share=0.25)
    for target in (None, "a"):
        taken = Counter(id(traffic.acquire(target)[0]) for _ in range(2000))
        assert 400 < taken[id(new)] < 600


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_fleet_that_is_not_healthy_leaves_its_share_to_the_other(share: float) -> None:
    traffic = Traffic()
    old, new = replica_set(replica()), replica_set(replica(None))
    traffic.shift([new], beside=[old], share=share)
    assert {id(traffic.acquire()[0]) for _ in range(50)} == {id(old)}
