"""The [realtime] section: an endpoint's instances, routing and deployments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stacks.config.section import Section
from stacks.config.serving.autoscaling import AutoscalingConfig
from stacks.config.serving.host import Count, HostConfig, InstanceType
from stacks.engines.instances import gpu_count

MAX_IN_FLIGHT = 1024
"""Highest concurrency threshold of prefix-aware routing."""


class DeploymentConfig(Section):
    """[realtime.deployment]: the move of traffic to a new model, and the alarms that undo it.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html

    Attributes:
        strategy: "canary" moves a share of the traffic, then the rest, "linear" moves share by
            share; either pays for every instance twice while it lasts, as "all-at-once" does.
            "rolling" replaces share by share and pays for one share more. With scale_to_zero it
            must be "all-at-once", and copies are replaced share by share. Sets
            AWS::SageMaker::Endpoint.TrafficRoutingConfiguration or
            AWS::SageMaker::Endpoint.RollingUpdatePolicy.
        step_percent: the share; unused all at once, except with scale_to_zero. Sets
            AWS::SageMaker::Endpoint.CanarySize, AWS::SageMaker::Endpoint.LinearStepSize,
            AWS::SageMaker::Endpoint.MaximumBatchSize or
            AWS::SageMaker::InferenceComponent.MaximumBatchSize.
        wait_seconds: time that alarms watch each share. Sets
            AWS::SageMaker::Endpoint.WaitIntervalInSeconds or
            AWS::SageMaker::InferenceComponent.WaitIntervalInSeconds.
        termination_wait_seconds: time that the old instances stay after the last share; unused with
            "rolling" and with scale_to_zero. Sets
            AWS::SageMaker::Endpoint.TerminationWaitInSeconds.
        max_errors_per_minute: most 5XX answers in a minute; above it, the deployment rolls back.
            Sets AWS::CloudWatch::Alarm.Threshold.
        max_first_chunk_seconds: highest p90 time to the first byte; above it for 3 minutes, the
            deployment rolls back. Sets AWS::CloudWatch::Alarm.Threshold.
    """

    strategy: Literal["all-at-once", "canary", "linear", "rolling"] = "all-at-once"
    step_percent: Annotated[int, Field(ge=10, le=50)] = 50
    wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 300
    termination_wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    max_errors_per_minute: Annotated[int, Field(ge=0)] = 5
    max_first_chunk_seconds: Annotated[float, Field(gt=0, le=480, strict=False)] = 30


class PrefixRoutingConfig(Section):
    """[realtime.prefix_routing]: requests with the same beginning go to the same instance.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PrefixAwareRoutingConfig.html

    Attributes:
        prefix_bytes: bytes of the request's body that are compared. Sets
            AWS::SageMaker::EndpointConfig.PrefixLength.
        max_in_flight: requests that an instance may have before others take those meant for it;
            left out, as many as the model decodes at once. Sets
            AWS::SageMaker::EndpointConfig.ConcurrencyThreshold.
    """

    prefix_bytes: Annotated[int, Field(ge=1024, le=65_536)] = 4096
    max_in_flight: Annotated[int, Field(ge=1, le=MAX_IN_FLIGHT)] | None = None


class ShadowConfig(Section):
    """[realtime.shadow]: instances for a version that gets copies of requests and answers nobody.

    They run, and cost, from `twin model shadow VERSION` to `--end`; docs/model-lifecycle.md.

    Attributes:
        instance_count: of instances, which are of the endpoint's own types: of others, the
            instances would be compared and not the versions. Sets
            AWS::SageMaker::EndpointConfig.InitialInstanceCount.
    """

    instance_count: Count = 1


class RealtimeConfig(HostConfig):
    """[realtime]: an endpoint that answers while the caller waits.

    Attributes:
        fallback_instance_types: types to start, in this order, when AWS has none of instance_type;
            with as many GPUs each. Sets AWS::SageMaker::EndpointConfig.InstancePools.
        initial_instance_count: instances of a new variant, until autoscaling takes over. Sets
            AWS::SageMaker::EndpointConfig.InitialInstanceCount.
        data_capture_percent: share of requests and answers stored in the artifact bucket; 0 is off.
            Sets AWS::SageMaker::EndpointConfig.InitialSamplingPercentage.
        data_capture_retention_days: days that captured requests and answers are kept. Sets
            AWS::S3::Bucket.LifecycleConfiguration.
        routing: rule by which an instance gets a request: "least-outstanding-requests" suits long
            answers, "prefix-aware" those that share their beginning. Sets
            AWS::SageMaker::EndpointConfig.RoutingStrategy and TWIN_PREFIX_AWARE_ROUTING.
        prefix_routing: limits of prefix-aware routing; only with that.
        shadow: instances on which a version may be compared with the one that serves; left out,
            none can be. Sets AWS::SageMaker::EndpointConfig.ShadowProductionVariants.
        deployment: the way a change reaches the traffic.
        autoscaling: the number of instances, and the metric that it follows.
    """

    fallback_instance_types: list[InstanceType] = Field(default_factory=list, max_length=4)
    initial_instance_count: Count = 1
    data_capture_percent: Annotated[int, Field(ge=0, le=100)] = 0
    data_capture_retention_days: Annotated[int, Field(ge=1, le=3650)] = 30
    routing: Literal["least-outstanding-requests", "random", "prefix-aware"] = (
        "least-outstanding-requests"
    )
    prefix_routing: PrefixRoutingConfig | None = None
    shadow: ShadowConfig | None = None
    autoscaling: AutoscalingConfig = AutoscalingConfig()
    deployment: DeploymentConfig = DeploymentConfig()

    @property
    def instance_types(self) -> tuple[str, ...]:
        """Every type an instance may be of, the preferred one first."""
        return (self.instance_type, *self.fallback_instance_types)

    @model_validator(mode="after")
    def _values_fit(self) -> Self:
        problems = [
            *self._volume_problems(),
            *self._fallback_problems(),
            *self._count_problems(),
            *self._deployment_problems(),
        ]
        if self.prefix_routing is not None and self.routing != "prefix-aware":
            problems.append(
                f"prefix_routing: must be left out with routing {self.routing!r}; it belongs to "
                "'prefix-aware'"
            )
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _fallback_problems(self) -> Iterator[str]:
        gpus = gpu_count(self.instance_type)
        for place, type_ in enumerate(self.fallback_instance_types):
            where = f"fallback_instance_types.{place}: got {type_!r}"
            if type_ in self.instance_types[: place + 1]:
                yield f"{where}; must be named once"
            elif gpu_count(type_) != gpus:
                yield (
                    f"{where} with {gpu_count(type_)} GPUs; must have {gpus}, like "
                    f"{self.instance_type}: the engine is set up for that many"
                )

    def _count_problems(self) -> Iterator[str]:
        # A deploy starts an instance also where none is kept: it proves the model.
        least, most = max(1, self.autoscaling.min_instances), self.autoscaling.max_instances
        if not least <= self.initial_instance_count <= most:
            floor = (
                "1" if self.autoscaling.scale_to_zero else f"autoscaling.min_instances ({least})"
            )
            yield (
                f"initial_instance_count: got {self.initial_instance_count}; must be from {floor} "
                f"to autoscaling.max_instances ({most})"
            )

    def _deployment_problems(self) -> Iterator[str]:
        strategy = self.deployment.strategy
        if strategy == "all-at-once":
            return
        if self.autoscaling.scale_to_zero:
            yield (
                f"deployment.strategy: got {strategy!r}; must be 'all-at-once' with "
                "autoscaling.scale_to_zero: inference components are replaced share by share, and "
                "their traffic cannot be divided"
            )
        elif self.autoscaling.min_instances < 2:
            yield (
                f"deployment.strategy: got {strategy!r}; must be 'all-at-once' "
                "unless autoscaling.min_instances is at least 2: one instance has no share"
            )
