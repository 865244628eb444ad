"""Routing of requests to the replicas of an endpoint or an inference component."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from localcloud.sagemaker.replicas.replica import Replica
from localcloud.sagemaker.replicas.routing import NO_PROMPT, Prompt, Routing
from localcloud.sagemaker.replicas.usage import Usage


class NoCapacityError(Exception):
    """No healthy replica can take the request."""


class UnknownVariantError(Exception):
    """The endpoint has no variant of that name."""


@dataclass(kw_only=True, eq=False)
class ReplicaSet:
    """Containers that answer the same requests.

    Those on the instances of a variant with a model, or the copies of an inference component.

    Attributes:
        name: name of the production variant.
        weight: share of the endpoint's requests, relative to the other variants' weights.
    """

    name: str
    routing: Routing
    desired: int = 0
    weight: float = 1.0
    replicas: list[Replica] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


class Traffic:
    """Routes requests.

    Requests are answered on the server's event loop, deployments run on the services' own: this
    object is where the two meet, and each method is atomic.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fleets: Sequence[tuple[Sequence[ReplicaSet], float]] = ()

    def shift(
        self,
        sets: Sequence[ReplicaSet],
        *,
        beside: Sequence[ReplicaSet] = (),
        share: float = 1.0,
    ) -> None:
        """Send a share of the requests from now on to these sets, and the rest to those beside."""
        with self._lock:
            self._fleets = ((tuple(sets), share), (tuple(beside), 1.0 - share))

    def acquire(
        self, target: str | None = None, prompt: Prompt = NO_PROMPT, *, most: float = math.inf
    ) -> tuple[ReplicaSet, Replica]:
        """Choose a replica for a request and count the request on it; release the replica after.

        Args:
            target: Name of the variant, when the request chooses one.
            prompt: The parts of the request that the route may depend on.
            most: Requests that a replica answers at a time.

        Raises:
            UnknownVariantError: There is no such variant.
            NoCapacityError: No healthy replica can take one more request.
        """
        with self._lock:
            chosen = self._choose_set(target)
            healthy = [one for one in chosen.replicas if one.port and one.in_flight < most]
            if not healthy:
                raise NoCapacityError
            replica = chosen.routing.choose(healthy, prompt)
            replica.in_flight += 1
            return chosen, replica

    def release(self, replica: Replica) -> None:
        """Count a request on a replica as answered."""
        with self._lock:
            replica.in_flight -= 1

    def admit(self, to: ReplicaSet, new: Sequence[Replica], old: Collection[Replica] = ()) -> None:
        """Let healthy replicas take requests, in place of old ones; drain those next."""
        with self._lock:
            to.replicas = [*(one for one in to.replicas if one not in old), *new]

    def retire(self, source: ReplicaSet, count: int) -> list[Replica]:
        """Take replicas out of a set; drain them next.

        The unhealthy go first, then those on instances of the least preferred type ("fallback
        instances are released first"), then the idle:
        https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
        """

        def order(replica: Replica) -> tuple[bool, int, int]:
            return replica.port is not None, -replica.slot.rank, replica.in_flight

        with self._lock:
            retired = sorted(source.replicas, key=order)[:count]
            source.replicas = [one for one in source.replicas if one not in retired]
            return retired

    def _choose_set(self, target: str | None) -> ReplicaSet:
        """Choose by the fleets' shares, and by weight within a fleet.

        A set none of whose replicas is healthy is passed over while another is there.
        """
        known = [
            (one, share * (one.weight / (sum(each.weight for each in fleet) or 1.0)), share)
            for fleet, share in self._fleets
            for one in fleet
        ]
        if target is not None:
            # Whoever names a variant gets it, whatever its weight: of either fleet.
            known = [(one, share, share) for one, _, share in known if one.name == target]
            if not known:
                raise UnknownVariantError(target)
        serving = [(one, weight) for one, weight, _ in known if any(r.port for r in one.replicas)]
        if not any(one.weight or target for one, _ in serving):
            raise NoCapacityError
        sets, weights = zip(*serving, strict=True)
        if not any(weights):  # the fleet that should take it is not healthy
            weights = (1.0,) * len(sets)
        chosen: ReplicaSet = random.choices(sets, weights)[0]  # noqa: S311 - load, not secrets
        return chosen
