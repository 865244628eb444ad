"""The [api] section: who may call, how much, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from stacks.config.cold_start import ColdStartConfig
from stacks.config.section import RetentionDays, Section

FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")]
"""Name of a field in a request's JSON."""


class ApiConfig(Section):
    """[api]. The timeouts rise in order, so that whoever knows most about a failure reports it.

    Attributes:
        auth: "key" for `Authorization: Bearer KEY`, "iam" for SigV4-signed requests. Sets
            AWS::ApiGateway::Method.AuthorizationType.
        throttle_rate: requests per second let through, per key and for the whole stage. Sets
            AWS::ApiGateway::Stage.ThrottlingRateLimit and AWS::ApiGateway::UsagePlan.RateLimit.
        throttle_burst: requests let through at once on top of the rate. Sets
            AWS::ApiGateway::Stage.ThrottlingBurstLimit and AWS::ApiGateway::UsagePlan.BurstLimit.
        quota_per_day: requests per key and day; left out, no quota. Sets
            AWS::ApiGateway::UsagePlan.Quota.
        reserved_concurrency: streams open at once, as every stream holds one execution environment
            of the function; left out, the account's free concurrency. Sets
            AWS::Lambda::Function.ReservedConcurrentExecutions.
        memory_mb: memory of the functions; CPU grows with it, 1769 MB is one full vCPU. Sets
            AWS::Lambda::Function.MemorySize.
        log_retention_days: days that the functions' and the access logs are kept. Sets
            AWS::Logs::LogGroup.RetentionInDays.
        log_level: least severe message that the functions log. Sets TWIN_LOG_LEVEL.
        model_timeout_seconds: longest wait for the next bytes of the model (SageMaker ends a stream
            after 8 minutes). Sets TWIN_MODEL_TIMEOUT_SECONDS.
        lambda_timeout_seconds: longest run of the streaming function; more than
            model_timeout_seconds. Sets AWS::Lambda::Function.Timeout.
        gateway_timeout_seconds: longest response; more than lambda_timeout_seconds (API Gateway's
            limit for streams is 900). Sets AWS::ApiGateway::Method.TimeoutInMillis.
        package_platform: "aws" builds the functions for Lambda (arm64, Python 3.13), "host" for
            this machine and this Python, as the local cloud needs it. Sets
            AWS::Lambda::Function.Code.
        engine_fields: names of the engine's own request fields that callers may use, beyond
            OpenAI's and the samplers. Each lets a caller further in: a grammar is compiled, a slot
            is another caller's. Sets TWIN_ENGINE_FIELDS.
        probe: true to ask the model for one token each minute and to alarm when none comes: a
            health check does not see a wedged engine. Left out, true unless scale_to_zero is, which
            it would keep awake. Sets AWS::Events::Rule.ScheduleExpression.
        cold_start: the answer to a caller while no instance can serve; left out, SageMaker's error,
            or a rejection with scale_to_zero.
    """

    auth: Literal["key", "iam"] = "key"
    throttle_rate: Annotated[float, Field(gt=0, le=10_000, strict=False)] = 10
    throttle_burst: Annotated[int, Field(ge=1, le=5_000)] = 20
    quota_per_day: Annotated[int, Field(ge=1)] | None = None
    reserved_concurrency: Annotated[int, Field(ge=1, le=1_000)] | None = None
    memory_mb: Annotated[int, Field(ge=512, le=10_240)] = 1769
    log_retention_days: RetentionDays = 30
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    model_timeout_seconds: Annotated[int, Field(ge=1, le=480)] = 120
    lambda_timeout_seconds: Annotated[int, Field(ge=2, le=900)] = 500
    gateway_timeout_seconds: Annotated[int, Field(ge=3, le=900)] = 540
    package_platform: Literal["aws", "host"] = "aws"
    engine_fields: list[FieldName] = Field(default_factory=list, max_length=32)
    probe: bool | None = None
    cold_start: ColdStartConfig | None = None

    @field_validator("lambda_timeout_seconds")
    @classmethod
    def _outlasts_the_model(cls, seconds: int, info: ValidationInfo) -> int:
        return _above("model_timeout_seconds", seconds, info)

    @field_validator("gateway_timeout_seconds")
    @classmethod
    def _outlasts_the_function(cls, seconds: int, info: ValidationInfo) -> int:
        return _above("lambda_timeout_seconds", seconds, info)

    @model_validator(mode="after")
    def _requests_can_be_held(self) -> Self:
        if self.cold_start is not None and self.cold_start.mode == "hold":
            problems = [*self._hold_problems(self.cold_start)]
            if problems:
                raise ValueError("\n".join(problems))
        return self

    def _hold_problems(self, cold_start: ColdStartConfig) -> Iterator[str]:
        left = self.lambda_timeout_seconds - self.model_timeout_seconds
        if cold_start.hold_seconds > left:
            yield (
                f"cold_start.hold_seconds: got {cold_start.hold_seconds}; must be at most {left}, "
                f"what model_timeout_seconds ({self.model_timeout_seconds}) leaves of "
                f"lambda_timeout_seconds ({self.lambda_timeout_seconds})"
            )
        room = self.reserved_concurrency
        if room is not None and cold_start.max_held_requests >= room:
            yield (
                f"cold_start.max_held_requests: got {cold_start.max_held_requests}; must be below "
                f"reserved_concurrency ({room}): each takes an execution environment, and one must "
                "be left to reject the others"
            )


def _above(lower: str, seconds: int, info: ValidationInfo) -> int:
    bound = info.data.get(lower)
    if bound is not None and seconds <= bound:
        raise ValueError(f"must be more than {lower} ({bound})")
    return seconds
