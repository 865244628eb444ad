"""A model on an instance type: the tensor parallelism, the fit in memory and the speed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.errors import PlanError
from planner.fit.flags import EngineFlags
from planner.fit.memory import Fit, fit
from planner.hardware.catalogue import Instance, instance_type
from planner.hardware.speeds import speed_of
from planner.hardware.throughput import Speed
from planner.models.model import Model


@dataclass(frozen=True)
class Serving:
    """A model on an instance type.

    Attributes:
        model: that is served.
        instance: that serves.
        fit: in memory.
        speed: of the engine, which holds as many tokens as fit.
    """

    model: Model
    instance: Instance
    fit: Fit
    speed: Speed


def serve(
    model: Model,
    instance: str | Instance,
    flags: EngineFlags | None = None,
    *,
    gpus: int | None = None,
    cached: float = 0.0,
) -> Serving:
    """Return a model on an instance type.

    Args:
        model: to serve.
        instance: type, or its name.
        flags: of the engine.
        gpus: that share the model by tensor parallelism; None is all of the instance's, which is
            what the stacks deploy.
        cached: share of each prompt that the prefix cache has, 0 to 1.

    Raises:
        PlanError: an unknown instance type, or more GPUs than it has. A model that does not fit is
            no error: `fit.refusal` says why.
    """
    if isinstance(instance, str):
        instance = instance_type(instance)
    gpus = instance.gpus if gpus is None else gpus
    if not 1 <= gpus <= instance.gpus:
        raise PlanError(f"GPUs: got {gpus} of {instance.name}; must be 1 to {instance.gpus}")
    if not 0 <= cached <= 1:
        raise PlanError(f"prefix cached: got {cached}; must be from 0 to 1")
    flags = (flags or EngineFlags()).on(instance.gpu)
    found = fit(model, instance.gpu, gpus, flags)
    speed = speed_of(
        model,
        instance,
        gpus,
        slots=flags.max_num_seqs or 1,
        kv_tokens=max(1, found.kv_tokens),
        kv_bytes=flags.element_bytes,
        step_tokens=flags.max_num_batched_tokens or 1,
    )
    return Serving(model, instance, found, replace(speed, cached=cached, context=found.context))


def required(serving: Serving) -> Serving:
    """Return the serving, which must fit.

    Raises:
        PlanError: it does not.
    """
    if serving.fit.refusal is not None:
        raise PlanError(
            f"model {serving.model.name!r} does not fit {serving.instance.name}: "
            f"{serving.fit.refusal}; must be a larger instance, a quantized model or a shorter "
            "context"
        )
    return serving
