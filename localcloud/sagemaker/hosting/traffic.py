"""Routing of requests to the replicas of an endpoint or an inference component."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from localcloud.sagemaker.hosting.replica import Replica
from localcloud.sagemaker.hosting.routing import NO_PROMPT, Prompt, Routing
from localcloud.sagemaker.hosting.usage import Usage


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
        self._sets: Sequence[ReplicaSet] = ()

    def shift(self, sets: Sequence[ReplicaSet]) -> None:
        """Send every request from now on to these."""
        with self._lock:
            self._sets = tuple(sets)

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
        if target is not None:
            for one in self._sets:
                if one.name == target:
                    return one
            raise UnknownVariantError(target)
        serving = [one for one in self._sets if any(r.port for r in one.replicas)]
        if not any(one.weight for one in serving):
            raise NoCapacityError
        weights = [one.weight for one in serving]
        return random.choices(serving, weights)[0]  # noqa: S311 - load, not secrets
