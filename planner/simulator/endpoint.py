"""An endpoint: an engine on an instance type, and SageMaker around it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from planner.fit.flags import EngineFlags
from planner.fit.serving import Serving, required, serve
from planner.hardware.catalogue import Delay, price, provisioning
from planner.hardware.throughput import SLOTS, Speed
from planner.models.model import Model
from planner.simulator.outcome import Objective
from stacks.config import ColdStartConfig

IDLE_RELEASE = 720.0
"""Seconds an instance is still paid for after its last copy is gone.

Measured as 12 minutes: huggingface/skills, hf-cloud-sagemaker-production-defaults, 2026-07. A copy
that finds an idle instance starts sooner; by how much is not published, and not modelled.
"""

FLAGS = EngineFlags(max_num_seqs=SLOTS, max_model_len=16_384)
"""Flags of the engine where no stage says others."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint to simulate, with delays, prices and limits.

    Attributes:
        speed: of one instance.
        usd_per_hour: of one instance.
        gpus: of one instance.
        delay: until a new instance is in service.
        from_zero: the same for the first instance after none.
        scale_in: seconds the endpoint is Updating for a scale-in; an assumption, as AWS publishes
            no number.
        idle_release: seconds an instance is paid for after its copy is gone; 0 without copies.
        overhead: seconds a request spends in the network, gateway and router.
        cold_start: the gateway's mode and limits at zero instances.
        objective: latencies that count as good, and SageMaker's limit.
        seed: of the delays.
    """

    speed: Speed
    usd_per_hour: float
    gpus: int = 1
    delay: Delay
    from_zero: Delay
    scale_in: float = 60.0
    idle_release: float = 0.0
    overhead: float = 0.05
    cold_start: ColdStartConfig = field(default_factory=lambda: ColdStartConfig(mode="hold"))
    objective: Objective = field(default_factory=Objective)
    seed: int = 0

    def with_copies(self) -> Self:
        """Return the endpoint with inference components, whose instances outlast copies."""
        return replace(self, idle_release=IDLE_RELEASE)


def endpoint(
    model: Model,
    instance: str,
    objective: Objective,
    *,
    flags: EngineFlags = FLAGS,
    cached: float = 0.0,
    seed: int = 0,
) -> Endpoint:
    """Return an endpoint from the catalogue.

    Args:
        model: that is served, on all GPUs of the instance.
        instance: type of each instance.
        objective: latencies that count as good.
        flags: of the engine.
        cached: share of each prompt that the prefix cache has, 0 to 1.
        seed: of the delays.

    Raises:
        PlanError: unknown names, or a model that does not fit.
    """
    return hosted(required(serve(model, instance, flags, cached=cached)), objective, seed=seed)


def hosted(serving: Serving, objective: Objective, *, seed: int = 0) -> Endpoint:
    """Return an endpoint of a model on an instance type, with the catalogue's price and delays.

    Raises:
        PlanError: the type has no price.
    """
    return Endpoint(
        speed=serving.speed,
        usd_per_hour=price(serving.instance.name),
        gpus=serving.instance.gpus,
        delay=provisioning("cached"),
        from_zero=provisioning("from-zero"),
        objective=objective,
        seed=seed,
    )
