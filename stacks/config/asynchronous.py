"""The [async] section: an endpoint that queues requests, and goes to zero without them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from stacks.config.credentials import is_credential
from stacks.config.host import Cooldown, Count, HostConfig
from stacks.config.section import Section


class WebhookConfig(Section):
    """[async.webhook]: who is told when a response has ended.

    Attributes:
        url: HTTPS address that events are posted to.
        secret_name: name of the Secrets Manager secret with the key that signs them; created by
            hand, so that no template ever holds it.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s/@]+(/\S*)?$", max_length=2048)]
    secret_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@-]+$", max_length=512)]

    @field_validator("secret_name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if is_credential("", name):
            raise ValueError("must be the secret's name in Secrets Manager")
        return name


class AsyncConfig(HostConfig):
    """[async]. Switched on by being there; costs nothing while no instance runs.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html

    Attributes:
        min_instances: fewest instances, 0 to 100.
        max_instances: most instances, 1 to 100.
        concurrent_invocations_per_instance: requests sent to one container at once, 1 to 1000;
            left out, as many as the model decodes at once.
        target_backlog_per_instance: requests in flight or waiting per instance to keep to.
        scale_out_cooldown_seconds: pause after adding instances, 0 to 3600.
        scale_in_after_idle_seconds: how long nothing may be waiting or in flight before the
            instances go, in whole minutes up to a day; more than invocation_timeout_seconds, so
            that no request in flight is lost: docs/decisions/0016-async-scales-in-when-idle.md.
        invocation_timeout_seconds: longest run of one request, 1 to 3600.
        request_ttl_seconds: how long a request may wait before it expires, 60 to 21600.
        retention_days: how long requests and results are kept.
        webhook: who is told when a response has ended; left out, nobody.
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
        problems = [*self._problems()]
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
