"""The [monolith] section: the model inside the streaming function, in the place of an endpoint."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.config.section import Section

_SERVICE_MB = 450
"""The service and llama.cpp's buffers beside weights and cache, while a prompt of 6 MB is made
tokens and refused: a peak of 430, by benchmarks/monolith/callers.py; and the adapter."""


class MonolithConfig(Section):
    """[monolith]: no endpoint, and nothing to pay while nobody asks; for small models.

    Attributes:
        memory_mb: memory of the streaming function: the service, the KV cache, the weights and, if
            there is room, a copy of them for speed. CPU grows with it, 1769 MB is one vCPU. Sets
            AWS::Lambda::Function.MemorySize and TWIN_WEIGHTS_ROOM_MB.
        max_concurrency: callers at once, each in an execution environment with a model of its own;
            left out, the account's free concurrency. Sets
            AWS::Lambda::Function.ReservedConcurrentExecutions.
        snapstart: starts are copies of a snapshot with the model loaded, in seconds instead of by
            the weights' size; costs about 39 USD a month at 10240 MB. Sets
            AWS::Lambda::Function.SnapStart, and a version with an alias.
    """

    memory_mb: Annotated[int, Field(ge=512, le=10_240)] = 10_240
    max_concurrency: Annotated[int, Field(ge=1, le=1_000)] | None = None
    snapstart: bool = False

    def room_mb(self, cache_bytes: int = 0) -> int:
        """Return the MiB for weights and their copies beside a KV cache; below 1 for none."""
        return self.memory_mb - _SERVICE_MB - -(-cache_bytes // 2**20)
