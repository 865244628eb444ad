"""The [realtime] section: the instances an endpoint runs on, and how it changes."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from stacks.config.host import Cooldown, Count, HostConfig
from stacks.config.section import Section


class AutoscalingConfig(Section):
    """[realtime.autoscaling]. A real-time variant cannot go below one instance.

    Attributes:
        min_instances: fewest instances, 1 to 100.
        max_instances: most instances, 1 to 100.
        target_concurrent_requests: requests in flight or waiting per instance to keep to.
        scale_in_cooldown_seconds: pause after removing instances, 0 to 3600.
        scale_out_cooldown_seconds: pause after adding instances, 0 to 3600.
    """

    min_instances: Count = 1
    max_instances: Count = 1
    target_concurrent_requests: Annotated[float, Field(gt=0, le=1000, strict=False)] = 5
    scale_in_cooldown_seconds: Cooldown = 300
    scale_out_cooldown_seconds: Cooldown = 60

    @field_validator("max_instances")
    @classmethod
    def _is_not_below_min(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("min_instances", most)
        if most < least:
            raise ValueError(f"must be at least min_instances ({least})")
        return most


class DeploymentConfig(Section):
    """[realtime.deployment]: how traffic moves to a new model, and what moves it back.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html

    Attributes:
        strategy: all-at-once, canary (a share, then the rest) or linear (share by share).
        step_percent: the share; at most 50 for canary, 10 to 50 for linear. Unused all at once.
        wait_seconds: how long alarms watch each share, 0 to 3600.
        termination_wait_seconds: how long the old instances stay after the last share, 0 to 3600.
        max_errors_per_minute: 5XX answers in a minute that roll back; 0 means any.
        max_first_chunk_seconds: p90 time to the first byte that rolls back, over 3 minutes.
    """

    strategy: Literal["all-at-once", "canary", "linear"] = "all-at-once"
    step_percent: Annotated[int, Field(ge=10, le=50)] = 50
    wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 300
    termination_wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    max_errors_per_minute: Annotated[int, Field(ge=0)] = 5
    max_first_chunk_seconds: Annotated[float, Field(gt=0, le=480, strict=False)] = 30


class RealtimeConfig(HostConfig):
    """[realtime].

    Attributes:
        initial_instance_count: instances of a new variant, until autoscaling takes over.
        data_capture_percent: share of requests and answers stored in the artifact bucket; 0 is off.
        routing: which instance gets a request; least-outstanding-requests suits long answers.
        deployment: how a change reaches the traffic.
        autoscaling: how many instances there are.
    """

    initial_instance_count: Count = 1
    data_capture_percent: Annotated[int, Field(ge=0, le=100)] = 0
    routing: Literal["least-outstanding-requests", "random"] = "least-outstanding-requests"
    autoscaling: AutoscalingConfig = AutoscalingConfig()
    deployment: DeploymentConfig = DeploymentConfig()

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        least, most = self.autoscaling.min_instances, self.autoscaling.max_instances
        if not least <= self.initial_instance_count <= most:
            raise ValueError(
                f"initial_instance_count: got {self.initial_instance_count}; must be from "
                f"autoscaling.min_instances ({least}) to autoscaling.max_instances ({most})"
            )
        if self.deployment.strategy != "all-at-once" and least < 2:
            raise ValueError(
                f"deployment.strategy: got {self.deployment.strategy!r}; must be 'all-at-once' "
                "unless autoscaling.min_instances is at least 2: one instance has no share"
            )
        return self
