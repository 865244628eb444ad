"""What serves the traffic: an engine on an instance type, and SageMaker around it."""

from dataclasses import dataclass, field

from planner.catalogue import Delay, gpus, price, provisioning, speed
from planner.errors import PlanError
from planner.outcome import Objective
from planner.speed import Speed


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What serves the traffic.

    Attributes:
        speed: of one instance.
        usd_per_hour: of one instance.
        gpus: of one instance.
        delay: until a new instance is in service.
        from_zero: the same for the first instance after none.
        overhead: seconds a request spends in the network, gateway and router.
        cold_start: what a request meets at zero instances: "hold" until there is one, or "reject".
        hold_limit: most seconds the gateway holds a request; 900 is what API Gateway allows a
            streamed response. https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
        objective: what counts as good, and SageMaker's limit.
        seed: of the delays.
    """

    speed: Speed
    usd_per_hour: float
    gpus: int = 1
    delay: Delay
    from_zero: Delay
    overhead: float = 0.05
    cold_start: str = "hold"
    hold_limit: float = 900.0
    objective: Objective = field(default_factory=Objective)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cold_start not in {"hold", "reject"}:
            raise PlanError(f"cold start: got {self.cold_start!r}; must be hold or reject")


def endpoint(
    model: str, instance: str, objective: Objective, *, cold_start: str = "hold", seed: int = 0
) -> Endpoint:
    """Return an endpoint from the catalogue.

    Raises:
        PlanError: unknown names, or a model that does not fit.
    """
    return Endpoint(
        speed=speed(model, instance),
        usd_per_hour=price(instance),
        gpus=gpus(instance),
        delay=provisioning("cached"),
        from_zero=provisioning("from-zero"),
        objective=objective,
        cold_start=cold_start,
        seed=seed,
    )
