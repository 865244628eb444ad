"""The settings of the functions: environment variables, typed and checked at cold start."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from lambda_api.engine_settings import EngineSettings

_ENDPOINT_NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"
_WEBHOOK_URL = r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))"
"""In clear text only to this machine itself."""

_METRIC_NAME = r"^[a-zA-Z_:][a-zA-Z0-9_:]*$"


class SettingsError(ValueError):
    """An environment that is not usable; the message lists each variable that is wrong."""


class Settings(EngineSettings):
    """The service's settings, read from `TWIN_*` environment variables."""

    stage: str = Field(min_length=1, description="The deployed stage: local, dev, prod.")
    endpoint_name: str = Field(
        pattern=_ENDPOINT_NAME,
        description="The SageMaker endpoint that answers.",
    )
    inference_component_name: str | None = Field(
        None,
        pattern=_ENDPOINT_NAME,
        description="The inference component on the endpoint that answers, if it has any.",
    )
    adapter_components: dict[str, str] = Field(
        default_factory=dict,
        description="The inference component of each adapter, by the name clients put in `model`, "
        "as JSON.",
    )
    prefix_aware_routing: bool = Field(
        False, description="Whether the endpoint routes by the prefix of a conversation."
    )
    model_id: str = Field(min_length=1, description="The name clients put in `model`.")
    model_selectors: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="The fields that select each model in a request to the engine, by its name, "
        "as JSON; without it there is one model.",
    )
    engine: str = Field(
        min_length=1, description="What serves the model behind the endpoint; written to the log."
    )
    root_path: Annotated[str, StringConstraints(pattern=r"^(/[^/]+)*$")] = Field(
        "", description="The path the API lies below: API Gateway's stage, such as /live."
    )
    caller_identity: Literal["key", "session", "role"] | None = Field(
        None,
        description="The name of callers in API Gateway's context: API key, IAM session or IAM "
        "role; without it no gateway is there, and all are one caller.",
    )
    model_timeout_seconds: float = Field(
        60,
        gt=0,
        le=900,
        description="Longest wait for the next bytes, or for a whole answer, in seconds.",
    )
    function_timeout_seconds: float = Field(
        500,
        ge=2,
        le=900,
        description="Longest run of the streaming function, within which a stream has to end.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO",
        description="Least severe message that is logged; each request's line is always written.",
    )
    async_endpoint_name: str | None = Field(
        None,
        pattern=_ENDPOINT_NAME,
        description="The asynchronous endpoint; without it there are no background responses.",
    )
    async_bucket: str | None = Field(
        None, min_length=1, description="The bucket of responses and of what SageMaker makes."
    )
    async_request_ttl_seconds: int = Field(
        21_600, ge=60, le=21_600, description="Longest wait in the endpoint's queue, in seconds."
    )
    async_invocation_timeout_seconds: int = Field(
        900, ge=1, le=3600, description="Longest time the model may take, in seconds."
    )
    cold_start: Literal["hold", "queue", "reject"] | None = Field(
        None,
        description="What a caller meets while the endpoint is cold; without it SageMaker's error.",
    )
    cold_start_table: str | None = Field(
        None, min_length=3, description="The DynamoDB table that the endpoint's wake is shared in."
    )
    hold_seconds: float = Field(
        600, gt=0, le=900, description="Longest time a request is held, in seconds."
    )
    max_held_requests: int = Field(
        100, ge=1, le=10_000, description="Most requests held at once, by all functions together."
    )
    expected_start_seconds: float = Field(
        300, gt=0, description="How long a start takes, in seconds, until one was measured."
    )
    webhook_url: str | None = Field(
        None,
        pattern=_WEBHOOK_URL,
        description="Who is told when a background response ends; read by the delivery function.",
    )
    webhook_secret_arn: str | None = Field(
        None, description="The Secrets Manager secret (`whsec_...`) that signs webhooks."
    )
    webhook_queue_url: str | None = Field(
        None, min_length=1, description="The SQS queue that events wait in to be delivered."
    )
    response_watch_queue_url: str | None = Field(
        None,
        min_length=1,
        description="The SQS queue that reminds of background responses, so that each is told of.",
    )
    batch_bucket: str | None = Field(
        None, description="The bucket of files and batches; without it there are none."
    )
    batch_state_machine_arn: str | None = Field(
        None, description="What runs a batch; read by the control function and the sweeper."
    )
    batch_instance_count: int = Field(
        1, ge=1, le=100, description="Most instances that share a batch's shards."
    )
    batch_lines_per_shard: int = Field(
        200, ge=1, description="Requests in one file of a transform job: what a bad one spoils."
    )
    batch_max_payload_mb: int = Field(
        6, ge=1, le=100, description="The job's MaxPayloadInMB: the largest request line, in MiB."
    )
    batch_retention_days: int = Field(
        30, ge=1, description="When the bucket's lifecycle deletes a file or a batch, in days."
    )
    engine_fields: frozenset[str] = Field(
        frozenset(),
        description="Fields beyond OpenAI's and the samplers that may reach the engine, as JSON.",
    )
    quota_table: str | None = Field(
        None,
        min_length=3,
        description="The DynamoDB table of the things callers hold; without it nothing is counted.",
    )
    max_open_batches: int = Field(10, ge=1, le=1000, description="A caller's batches under way.")
    max_background_responses: int = Field(
        100, ge=1, le=5000, description="Most background responses of one caller in flight."
    )
    max_stored_files: int = Field(
        1000, ge=1, le=5000, description="Most files that one caller has uploaded."
    )
    max_stored_mb: int = Field(
        2048, ge=1, le=1_000_000, description="Most MiB of files that one caller has uploaded."
    )
    queued_requests_metric: str | None = Field(
        None,
        pattern=_METRIC_NAME,
        description="The engine's metric of waiting requests; read by the engine metrics function.",
    )
    kv_cache_use_metric: str | None = Field(
        None,
        pattern=_METRIC_NAME,
        description="The engine's metric of the KV cache's use, 0 to 1; read by the same function.",
    )
    cors_origins: list[str] = Field(
        default_factory=list,
        description="Origins whose pages may call, as a JSON list; `*` stands for every one.",
    )
    modalities: list[Literal["text", "image", "audio", "video"]] = Field(
        ["text"],
        description="Kinds of content parts that the model takes, as a JSON list.",
    )
    retrieval_search_function: str | None = Field(
        None, min_length=1, description="The function that searches; without it nothing does."
    )
    retrieval_bucket: str | None = Field(
        None, min_length=1, description="The bucket of documents and of callers' stores."
    )
    retrieval_stores: list[str] = Field(
        default_factory=list, description="Names of the stores that config declares, as JSON."
    )
    retrieval_store_keys: dict[str, list[str]] = Field({}, description="Callers of some stores.")
    retrieval_search_timeout_ms: int = Field(
        800, ge=1, description="Longest wait for a search before an answer, in milliseconds."
    )
    retrieval_rewrite: bool = Field(
        False, description="Whether the model makes a search sentence of the conversation."
    )
    retrieval_rewrite_timeout_ms: int = Field(
        1500, ge=1, description="Longest wait for that sentence, in milliseconds."
    )
    max_vector_stores: int = Field(100, ge=1, le=1000, description="Most stores of one caller.")
    max_vector_store_files: int = Field(1000, ge=1, le=5000, description="Files in all of them.")
    max_vector_store_mb: int = Field(1024, ge=1, le=1_000_000, description="MiB in all of them.")
    service_name: str = Field(
        "llm-twin",
        validation_alias="POWERTOOLS_SERVICE_NAME",
        description="The `service` of log lines and metrics.",
    )
    metrics_namespace: str = Field(
        "LLMTwin",
        validation_alias="POWERTOOLS_METRICS_NAMESPACE",
        description="The CloudWatch namespace of the metrics.",
    )

    @model_validator(mode="after")
    def _cold_start_has_what_it_takes(self) -> Self:
        if self.cold_start and not self.cold_start_table:
            raise ValueError(f"TWIN_COLD_START: {self.cold_start!r} needs TWIN_COLD_START_TABLE")
        if self.cold_start == "queue" and not (self.async_endpoint_name and self.async_bucket):
            raise ValueError(
                "TWIN_COLD_START: 'queue' needs TWIN_ASYNC_ENDPOINT_NAME and TWIN_ASYNC_BUCKET"
            )
        return self

    @property
    def files_bucket(self) -> str | None:
        """The bucket of files, whatever they are for; without one there are none."""
        return self.batch_bucket or self.retrieval_bucket

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsError: A variable is missing or not allowed.
        """
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    return "the environment is not usable: " + "; ".join(map(_problem, error.errors()))


def _problem(detail: ErrorDetails) -> str:
    if not detail["loc"]:  # of several variables together
        return str(detail["ctx"]["error"])
    name = str(detail["loc"][0])
    if name in Settings.model_fields:
        name = f"TWIN_{name.upper()}"
    got = "" if detail["type"] == "missing" else f", got {detail['input']!r}"
    return f"{name}: {detail['msg'][0].lower()}{detail['msg'][1:]}{got}"
