"""Routing strategies: the choice of a replica for the next request."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.replicas.replica import Replica


@dataclass(frozen=True)
class Prompt:
    """The parts of a request that a route may depend on.

    Attributes:
        prefix_id: `PrefixAwareId`: tells applications apart whose prompts begin alike.
    """

    body: bytes = b""
    prefix_id: str = ""


NO_PROMPT = Prompt()


class Routing(Protocol):
    """A routing strategy."""

    def choose(self, replicas: Sequence[Replica], prompt: Prompt) -> Replica:
        """Choose among replicas, of which there is at least one."""


class AnyReplica:
    """`RANDOM`."""

    def choose(self, replicas: Sequence[Replica], _prompt: Prompt) -> Replica:
        """Choose any."""
        return random.choice(replicas)  # noqa: S311 - load, not secrets


class LeastOutstanding:
    """`LEAST_OUTSTANDING_REQUESTS`."""

    def choose(self, replicas: Sequence[Replica], prompt: Prompt) -> Replica:
        """Choose one with the fewest requests."""
        least = min(replica.in_flight for replica in replicas)
        idlest = [replica for replica in replicas if replica.in_flight == least]
        return AnyReplica().choose(idlest, prompt)


@dataclass(frozen=True)
class PrefixAware:
    """`PREFIX_AWARE`: requests that begin alike meet the same KV cache.

    Rendezvous hashing: a prefix belongs to the replica with the highest hash of both. When one
    comes or goes, only the prefixes that it gets or had move.

    Attributes:
        length: bytes of the body that are compared.
        threshold: requests in flight from which on another replica takes the next one.
    """

    length: int
    threshold: int

    def choose(self, replicas: Sequence[Replica], prompt: Prompt) -> Replica:
        """Choose the prefix's own; the least busy one where that has enough to do."""
        prefix = blake2b(prompt.body[: self.length]).digest() + prompt.prefix_id.encode()

        def weight(replica: Replica) -> bytes:
            return blake2b(prefix + replica.log.name.encode()).digest()

        own = max(replicas, key=weight)
        if own.in_flight < self.threshold:
            return own
        return LeastOutstanding().choose(replicas, prompt)


def routing_of(variant: Document) -> Routing:
    """Return the strategy of a variant's configuration; random where it has none."""
    routing = variant.get("RoutingConfig", {})
    strategy = routing.get("RoutingStrategy", "RANDOM")
    if strategy == "PREFIX_AWARE":
        given = routing["PrefixAwareRoutingConfig"]
        return PrefixAware(given["PrefixLength"], given["ConcurrencyThreshold"])
    return LeastOutstanding() if strategy == "LEAST_OUTSTANDING_REQUESTS" else AnyReplica()
