"""The [async] section: an endpoint that queues requests, and goes to zero without them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from stacks.config.credentials import is_credential
from stacks.config.section import Section
from stacks.config.serving.host import Cooldown, Count, HostConfig

_URL = r"^(https://[^\s/@?#]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)([/?]\S*)?$"


class WebhookConfig(Section):
    """[async.webhook]: the receiver of an event when a response has ended.

    Attributes:
        url: HTTPS address that events are posted to; in clear text only to a receiver on the
            local cloud's own machine. Sets TWIN_WEBHOOK_URL.
        secret_name: name of the Secrets Manager secret with the key that signs them, whsec_ and
            the base64 of 24 to 64 random bytes; created by hand, so that no template ever holds
            it. A new version signs beside the one before. Sets TWIN_WEBHOOK_SECRET_ARN.
        key_arn: ARN of the KMS key that encrypts the secret; left out, Secrets Manager's own, which
            needs no right. Sets AWS::IAM::Policy.PolicyDocument.
    """

    url: Annotated[str, StringConstraints(pattern=_URL, max_length=2048)]
    secret_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@-]+$", max_length=512)]
    key_arn: (
        Annotated[
            str,
            StringConstraints(
                pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]{1,64}$"
            ),
        ]
        | None
    ) = None

    @field_validator("secret_name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if is_credential("", name) or name.startswith("whsec_"):
            raise ValueError("must be the secret's name in Secrets Manager, and not the secret")
        return name


class AsyncConfig(HostConfig):
    """[async]: an endpoint with a queue, switched on by the section; free while no instance runs.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html

    Attributes:
        min_instances: fewest instances. Sets
            AWS::ApplicationAutoScaling::ScalableTarget.MinCapacity.
        max_instances: most instances. Sets AWS::ApplicationAutoScaling::ScalableTarget.MaxCapacity.
        concurrent_invocations_per_instance: requests sent to one container at once; left out, as
            many as the model decodes at once. Sets
            AWS::SageMaker::EndpointConfig.MaxConcurrentInvocationsPerInstance.
        target_backlog_per_instance: requests in flight or waiting per instance to keep to. Sets
            AWS::ApplicationAutoScaling::ScalingPolicy.TargetValue.
        scale_out_cooldown_seconds: pause after adding instances. Sets
            AWS::ApplicationAutoScaling::ScalingPolicy.ScaleOutCooldown and
            AWS::ApplicationAutoScaling::ScalingPolicy.Cooldown.
        scale_in_after_idle_seconds: time without a request waiting or in flight after which the
            instances go; more than invocation_timeout_seconds, so that no request in flight is
            lost: docs/decisions/0016-async-scales-in-when-idle.md. Sets
            AWS::CloudWatch::Alarm.EvaluationPeriods.
        invocation_timeout_seconds: longest run of one request. Sets
            TWIN_ASYNC_INVOCATION_TIMEOUT_SECONDS and
            AWS::SageMaker::Endpoint.TerminationWaitInSeconds.
        request_ttl_seconds: longest wait of a request before it expires. Sets
            TWIN_ASYNC_REQUEST_TTL_SECONDS.
        retention_days: days that requests and results are kept. Sets
            AWS::S3::Bucket.LifecycleConfiguration.
        webhook: the receiver of an event when a response has ended; left out, there is none.
    """

    min_instances: Annotated[int, Field(ge=0, le=100)] = 0
    max_instances: Count = 1
    concurrent_invocations_per_instance: Annotated[int, Field(ge=1, le=1000)] | None = None
    target_backlog_per_instance: Annotated[float, Field(gt=0, le=10_000, strict=False)] = 8
    scale_out_cooldown_seconds: Cooldown = 300
    scale_in_after_idle_seconds: Annotated[int, Field(ge=60, le=86_400, multiple_of=60)] = 1200
    invocation_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 900
    request_ttl_seconds: Annotated[int, Field(ge=60, le=21_600)] = 21_600
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 7
    webhook: WebhookConfig | None = None

    @model_validator(mode="after")
    def _values_fit(self) -> Self:
        problems = [*self._volume_problems(), *self._problems()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        if self.max_instances < self.min_instances:
            least = f"must be at least min_instances ({self.min_instances})"
            yield f"max_instances: got {self.max_instances}; {least}"
        if self.scale_in_after_idle_seconds <= self.invocation_timeout_seconds:
            yield (
                f"scale_in_after_idle_seconds: got {self.scale_in_after_idle_seconds}; must be "
                f"more than invocation_timeout_seconds ({self.invocation_timeout_seconds})"
            )
