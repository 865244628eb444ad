"""The [api] section: who may call, how much, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from stacks.config.cold_start import ColdStartConfig
from stacks.config.section import RetentionDays, Section

FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")]
"""Name of a field in a request's JSON."""
Origin = Annotated[
    str, StringConstraints(pattern=r"^(\*|https?://[a-z0-9.-]+(:[0-9]{1,5})?)$", max_length=253)
]
"""A scheme, a host and perhaps a port, as browsers write them; or `*`."""


class LimitsConfig(Section):
    """[api.limits]. Each key's, or with auth "iam" each owner's; refused with 429 beyond.

    Attributes:
        throttle_rate: requests per second of one key, below the stage's; left out, half of the
            stage's. Sets AWS::ApiGateway::UsagePlan.RateLimit.
        throttle_burst: requests of one key at once on top of its rate, below the stage's; left out,
            half of the stage's. Sets AWS::ApiGateway::UsagePlan.BurstLimit.
        open_batches: batches that have not ended. Sets TWIN_MAX_OPEN_BATCHES.
        background_responses: background responses that wait or run; a cancelled one counts until
            SageMaker is done with it. Sets TWIN_MAX_BACKGROUND_RESPONSES.
        stored_files: uploaded files; what batches write does not count. Sets
            TWIN_MAX_STORED_FILES.
        stored_mb: MiB of uploaded files. Sets TWIN_MAX_STORED_MB.
        vector_stores: vector stores made with the key. Sets TWIN_MAX_VECTOR_STORES.
        vector_store_files: files in all of these stores. Sets TWIN_MAX_VECTOR_STORE_FILES.
        vector_store_mb: MiB of files in all of these stores. Sets TWIN_MAX_VECTOR_STORE_MB.
    """

    throttle_rate: Annotated[float, Field(gt=0, lt=10_000, strict=False)] | None = None
    throttle_burst: Annotated[int, Field(ge=1, lt=5_000)] | None = None
    open_batches: Annotated[int, Field(ge=1, le=1_000)] = 10
    background_responses: Annotated[int, Field(ge=1, le=5_000)] = 100
    stored_files: Annotated[int, Field(ge=1, le=5_000)] = 1_000
    stored_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 2_048
    vector_stores: Annotated[int, Field(ge=1, le=1_000)] = 100
    vector_store_files: Annotated[int, Field(ge=1, le=5_000)] = 1_000
    vector_store_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 1_024


class ApiConfig(Section):
    """[api]: access, limits and timeouts, which rise so that whoever knows most reports a failure.

    Attributes:
        auth: "key" for `Authorization: Bearer KEY`, "iam" for SigV4-signed requests. Sets
            AWS::ApiGateway::Method.AuthorizationType.
        iam_owner: with auth "iam", the owner of files, batches and responses: "session", the caller
            as signed, so that a new session of a role no longer finds what the one before made, or
            "role", so that all who assume a role, such as every user of a single sign-on role,
            share. Sets TWIN_CALLER_IDENTITY.
        throttle_rate: requests per second let through, of all callers together. Sets
            AWS::ApiGateway::Stage.ThrottlingRateLimit.
        throttle_burst: requests let through at once on top of the rate. Sets
            AWS::ApiGateway::Stage.ThrottlingBurstLimit.
        quota_per_day: requests per key and day; left out, no quota. Sets
            AWS::ApiGateway::UsagePlan.Quota.
        reserved_concurrency: streams open at once, as every stream holds one execution environment
            of the function; left out, the account's free concurrency. Lambda keeps 100 of the
            account's limit unreserved, and a new account's limit may be 10. Sets
            AWS::Lambda::Function.ReservedConcurrentExecutions.
        memory_mb: memory of the streaming function, which a stream of tokens keeps busy for its
            whole length: 512 MB are 0.23 USD per million tokens at 30 tokens a second, half as
            much memory costs half as much. CPU grows with it, 1769 MB is one vCPU. Sets
            AWS::Lambda::Function.MemorySize.
        log_retention_days: days that the functions' and the access logs are kept. Sets
            AWS::Logs::LogGroup.RetentionInDays.
        log_level: least severe message that the functions log. Sets TWIN_LOG_LEVEL.
        model_timeout_seconds: longest wait for the next bytes of the model (SageMaker ends a stream
            after 8 minutes), and longest that an answer may take which is not streamed, up to the
            290 s that API Gateway waits in silence. Sets TWIN_MODEL_TIMEOUT_SECONDS.
        lambda_timeout_seconds: longest run of the streaming function; more than
            model_timeout_seconds. Sets AWS::Lambda::Function.Timeout and
            TWIN_FUNCTION_TIMEOUT_SECONDS.
        gateway_timeout_seconds: longest response; more than lambda_timeout_seconds (API Gateway's
            limit for streams is 900). Sets AWS::ApiGateway::Method.TimeoutInMillis.
        cors_origins: origins of the web pages that may call from a browser, such as
            "https://app.example.com"; "*" allows every page, none is allowed by default. Sets
            TWIN_CORS_ORIGINS and AWS::ApiGateway::GatewayResponse.ResponseParameters.
        engine_fields: names of the engine's own request fields that callers may use, beyond
            OpenAI's and the samplers. Each lets a caller further in: a grammar is compiled, a slot
            is another caller's. Sets TWIN_ENGINE_FIELDS.
        probe: true to ask the model for one token each minute and to alarm when none comes: a
            health check does not see a wedged engine. Left out, true unless scale_to_zero is, which
            it would keep awake. Sets AWS::Events::Rule.ScheduleExpression.
        cold_start: the answer to a caller while no instance can serve; left out, SageMaker's error,
            or a rejection with scale_to_zero.
        limits: the share that one caller may take.
    """

    auth: Literal["key", "iam"] = "key"
    iam_owner: Literal["session", "role"] | None = None
    throttle_rate: Annotated[float, Field(gt=0, le=10_000, strict=False)] = 10
    throttle_burst: Annotated[int, Field(ge=2, le=5_000)] = 20
    quota_per_day: Annotated[int, Field(ge=1, le=2_147_483_647)] | None = None
    reserved_concurrency: Annotated[int, Field(ge=1, le=1_000)] | None = None
    memory_mb: Annotated[int, Field(ge=256, le=10_240)] = 512
    log_retention_days: RetentionDays = 30
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    model_timeout_seconds: Annotated[int, Field(ge=1, le=480)] = 120
    lambda_timeout_seconds: Annotated[int, Field(ge=2, le=900)] = 500
    gateway_timeout_seconds: Annotated[int, Field(ge=3, le=900)] = 540
    cors_origins: Annotated[list[Origin], Field(max_length=50)] = Field(default_factory=list)
    engine_fields: list[FieldName] = Field(default_factory=list, max_length=32)
    probe: bool | None = None
    cold_start: ColdStartConfig | None = None
    limits: LimitsConfig = LimitsConfig()

    @field_validator("lambda_timeout_seconds")
    @classmethod
    def _outlasts_the_model(cls, seconds: int, info: ValidationInfo) -> int:
        return _above("model_timeout_seconds", seconds, info)

    @field_validator("gateway_timeout_seconds")
    @classmethod
    def _outlasts_the_function(cls, seconds: int, info: ValidationInfo) -> int:
        return _above("lambda_timeout_seconds", seconds, info)

    @field_validator("cors_origins")
    @classmethod
    def _star_stands_alone(cls, origins: list[str]) -> list[str]:
        if "*" in origins and len(origins) > 1:
            raise ValueError('"*" allows every origin already: leave the others out, or it')
        return origins

    @model_validator(mode="after")
    def _owners_are_chosen(self) -> Self:
        if self.auth == "iam" and self.iam_owner is None:
            raise ValueError(
                'iam_owner: must be "session" or "role" with auth = "iam": with "session" a new '
                'session of a role finds nothing of the one before, with "role" all users of a '
                "single sign-on role share files, batches and responses"
            )
        if self.auth == "key" and self.iam_owner is not None:
            raise ValueError(
                f'iam_owner: got {self.iam_owner!r}; must be left out with auth = "key", whose '
                "keys own"
            )
        return self

    @property
    def caller_identity(self) -> Literal["key", "session", "role"]:
        """The name of a caller: its API key, or the principal that `iam_owner` says."""
        return self.iam_owner or "key"

    @property
    def key_rate(self) -> float:
        """Requests per second of one key."""
        return self.limits.throttle_rate or self.throttle_rate / 2

    @property
    def key_burst(self) -> int:
        """Requests of one key at once on top of the rate."""
        return self.limits.throttle_burst or self.throttle_burst // 2

    @model_validator(mode="after")
    def _no_key_takes_the_stage(self) -> Self:
        problems = [*self._throttle_problems()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _throttle_problems(self) -> Iterator[str]:
        for name in ("throttle_rate", "throttle_burst"):
            most, got = getattr(self, name), getattr(self.limits, name)
            if got is not None and self.auth == "iam":
                yield f'limits.{name}: must be left out with auth = "iam", which has no usage plan'
            elif got is not None and got >= most:
                yield (
                    f"limits.{name}: got {got:g}; must be below {name} ({most:g}) of all callers, "
                    "or one key takes the stage from the others"
                )

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
