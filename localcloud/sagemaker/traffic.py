"""Which instance answers the next request of an endpoint."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from localcloud.sagemaker.instance import Instance


class NoCapacityError(Exception):
    """No healthy instance can take the request."""


class UnknownVariantError(Exception):
    """The endpoint has no variant of that name."""


@dataclass(kw_only=True)
class Variant:
    """A production variant as it runs."""

    name: str
    weight: float
    """Share of the endpoint's requests, relative to the other variants' weights."""
    desired: int
    least_outstanding: bool
    """Whether the least busy instance takes the next request; otherwise any does."""
    instances: list[Instance] = field(default_factory=list)
    invocations: int = 0
    """Requests since the metrics were last published."""


class Traffic:
    """Routes an endpoint's requests.

    Requests are answered on the server's event loop, deployments run on the services' own: this
    object is where the two meet, and each method is atomic.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._variants: Sequence[Variant] = ()

    def shift(self, variants: Sequence[Variant]) -> None:
        """Send every request from now on to these variants."""
        with self._lock:
            self._variants = tuple(variants)

    def acquire(
        self, target: str | None = None, *, most: float = math.inf
    ) -> tuple[Variant, Instance]:
        """Take a place on an instance; every taken place must be released.

        Args:
            target: Name of the variant, when the request chooses one.
            most: How many places an instance has.

        Raises:
            UnknownVariantError: There is no such variant.
            NoCapacityError: It has no healthy instance with a free place.
        """
        with self._lock:
            variant = self._choose_variant(target)
            healthy = [one for one in variant.instances if one.port and one.in_flight < most]
            if not healthy:
                raise NoCapacityError
            if variant.least_outstanding:
                least = min(instance.in_flight for instance in healthy)
                healthy = [instance for instance in healthy if instance.in_flight == least]
            instance = random.choice(healthy)  # noqa: S311 - load, not secrets
            instance.in_flight += 1
            variant.invocations += 1
            return variant, instance

    def release(self, instance: Instance) -> None:
        """Give a place back."""
        with self._lock:
            instance.in_flight -= 1

    def retire(self, variant: Variant, count: int) -> list[Instance]:
        """Take instances out of a variant, the unhealthy and the idle first; drain them next."""
        with self._lock:
            order = sorted(variant.instances, key=lambda one: (one.port is not None, one.in_flight))
            retired = order[:count]
            variant.instances = [one for one in variant.instances if one not in retired]
            return retired

    def _choose_variant(self, target: str | None) -> Variant:
        if target is not None:
            for variant in self._variants:
                if variant.name == target:
                    return variant
            raise UnknownVariantError(target)
        serving = [one for one in self._variants if any(i.port for i in one.instances)]
        if not any(variant.weight for variant in serving):
            raise NoCapacityError
        weights = [variant.weight for variant in serving]
        return random.choices(serving, weights)[0]  # noqa: S311 - load, not secrets
