"""The quick and cheap half: the HTTPS API and the functions behind it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.async_stack import AsyncStack
from stacks.batch_stack import BATCHES, FILES, OBJECT_ACTIONS, BatchStack
from stacks.config import ColdStartConfig, StageConfig, WebhookConfig
from stacks.constructs.api.async_completion import AsyncCompletion
from stacks.constructs.api.cold_start_table import ColdStartTable
from stacks.constructs.api.engine_metrics import EngineMetrics
from stacks.constructs.api.key_access import KeyAccess
from stacks.constructs.api.method_access import SIGNED
from stacks.constructs.api.model_probe import ModelProbe
from stacks.constructs.api.quota_table import QuotaTable
from stacks.constructs.api.rest_api import RestApi
from stacks.constructs.api.routes import OptionalSection
from stacks.constructs.api.webhook_delivery import WebhookDelivery
from stacks.constructs.endpoint.async_endpoint import FAILURES, INPUTS, OUTPUTS
from stacks.constructs.endpoint.realtime_endpoint import RealtimeEndpoint
from stacks.constructs.function import web_adapter
from stacks.constructs.function.environment import (
    async_environment,
    batch_environment,
    cold_start_environment,
    engine_metrics_environment,
    invocation_environment,
    service_environment,
)
from stacks.constructs.function.service_function import ARCHITECTURE, ServiceFunction
from stacks.constructs.shared.webhook_queues import WebhookQueues

# Below the 29 s after which API Gateway gives up on an answer sent whole.
_CONTROL_SECONDS = 28


class ApiStack(Stack):
    """An OpenAI-compatible API in front of a real-time endpoint, and of what else a stage has."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        endpoint: RealtimeEndpoint,
        asynchronous: AsyncStack | None,
        batch: BatchStack | None,
        package: Path,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: OpenAI-compatible API"
        super().__init__(scope, construct_id, description=description, env=env)
        self._config = config
        self._code = lambda_.Code.from_asset(str(package))
        self._environment = _environment(config, asynchronous, batch)
        streaming, control = self._streaming_function(), self._control_function()
        endpoint.grant_invoke(streaming)
        if config.cold_start is not None:
            self._meet_cold_starts(config.cold_start, streaming)
        if asynchronous is not None:
            self._keep_responses(asynchronous, streaming, control)
        if batch is not None:
            self._run_batches(batch, control)
        if config.scales_on_engine_metrics:
            self._carry_engine_metrics()
        if config.is_probed:
            self._probe(endpoint)
        keys = self._key_access() if config.api.auth == "key" else None
        api = RestApi(
            self,
            "Api",
            name=config.endpoint_name,
            config=config.api,
            streaming=streaming,
            control=control,
            access=keys.method if keys else SIGNED,
            sections=_sections(asynchronous, batch),
        )
        CfnOutput(self, "ApiUrl", value=api.rest.url)
        if keys:
            keys.enforce(api.rest, config.api)
            CfnOutput(self, "ApiKeyId", value=keys.key_id)

    def _streaming_function(self) -> ServiceFunction:
        """Return the function that runs the app under uvicorn, for all routes that may stream."""
        api = self._config.api
        return ServiceFunction(
            self,
            "Streaming",
            code=self._code,
            handler="run.sh",
            layers=[web_adapter.web_adapter_layer(self, "WebAdapter", architecture=ARCHITECTURE)],
            environment={
                **self._environment,
                **invocation_environment(self._config),
                **web_adapter.ENVIRONMENT,
            },
            timeout_seconds=api.lambda_timeout_seconds,
            memory_mb=api.memory_mb,
            log_retention_days=api.log_retention_days,
            reserved_concurrency=api.reserved_concurrency,
        )

    def _control_function(self) -> ServiceFunction:
        """Return the function that runs the same app under Mangum, for answers sent whole."""
        api = self._config.api
        return ServiceFunction(
            self,
            "Control",
            code=self._code,
            handler="lambda_api.handlers.control.handler",
            environment=self._environment,
            timeout_seconds=_CONTROL_SECONDS,
            memory_mb=api.memory_mb,
            log_retention_days=api.log_retention_days,
        )

    def _meet_cold_starts(self, cold_start: ColdStartConfig, streaming: ServiceFunction) -> None:
        """Let the streaming functions agree on who waits, and for how long."""
        table = ColdStartTable(self, "ColdStarts")
        table.grant_share(streaming)
        environment = cold_start_environment(cold_start, table=table.table_name)
        for name, value in environment.items():
            streaming.add_environment(name, value)

    def _keep_responses(
        self, jobs: AsyncStack, streaming: ServiceFunction, control: ServiceFunction
    ) -> None:
        """Let the streaming function make responses, the control function look after them."""
        assert self._config.asynchronous is not None  # noqa: S101 - it is what `jobs` was made from
        jobs.endpoint.grant_submit(streaming)
        completion = AsyncCompletion(
            self,
            "Completion",
            code=self._code,
            environment=self._environment,
            config=self._config.api,
            endpoint=jobs.endpoint,
            queues=jobs.webhook_queues,
        )
        if jobs.webhook_queues is not None and self._config.asynchronous.webhook is not None:
            self._tell_webhook(self._config.asynchronous.webhook, jobs.webhook_queues, streaming)
        for function in (streaming, control, completion):
            role = function.runtime_role
            jobs.bucket.grant_objects(role, "s3:GetObject", "s3:PutObject", below=INPUTS)
            for prefix in (OUTPUTS, FAILURES):
                jobs.bucket.grant_objects(role, "s3:GetObject", below=prefix)
            jobs.bucket.grant_list(role)
        jobs.bucket.grant_objects(control.runtime_role, "s3:DeleteObject", below=INPUTS)
        for function in (control, completion):
            for prefix in (OUTPUTS, FAILURES):
                jobs.bucket.grant_objects(function.runtime_role, "s3:DeleteObject", below=prefix)
        for function in (streaming, completion):
            self._quotas.let_count(function)

    @cached_property
    def _quotas(self) -> QuotaTable:
        """The count of batches, files and background responses, where a stage has any."""
        return QuotaTable(self, "Quotas", limits=self._config.api.limits)

    def _tell_webhook(
        self, webhook: WebhookConfig, queues: WebhookQueues, streaming: ServiceFunction
    ) -> None:
        """Watch each response from the beginning, and deliver the event of the end."""
        queues.watches.grant_send_messages(streaming)
        streaming.add_environment("TWIN_RESPONSE_WATCH_QUEUE_URL", queues.watches.queue_url)
        WebhookDelivery(
            self,
            "WebhookDelivery",
            code=self._code,
            environment=service_environment(self._config),
            config=self._config.api,
            webhook=webhook,
            events=queues.events,
        )

    def _run_batches(self, jobs: BatchStack, control: ServiceFunction) -> None:
        """Let the control function keep files and batches, and run the latter."""
        role = control.runtime_role
        for prefix in (FILES, BATCHES):
            jobs.bucket.grant_objects(role, *OBJECT_ACTIONS, below=prefix)
        jobs.bucket.grant_list(role)
        jobs.machine.grant_run(role)
        self._quotas.let_count(control)
        control.add_environment("TWIN_BATCH_STATE_MACHINE_ARN", jobs.machine.arn)

    def _carry_engine_metrics(self) -> None:
        """Carry the engines' own metrics to CloudWatch, for the scaling policy to follow."""
        names = engine_metrics_environment(self._config.engine.metrics)
        EngineMetrics(
            self,
            "EngineMetrics",
            code=self._code,
            environment={**service_environment(self._config), **names},
            namespace=self._config.project.name,
            log_retention_days=self._config.api.log_retention_days,
        )

    def _probe(self, endpoint: RealtimeEndpoint) -> None:
        """Notice a model that gives no token, though its container is healthy."""
        ModelProbe(
            self,
            "Probe",
            code=self._code,
            environment=service_environment(self._config),
            endpoint=endpoint,
            namespace=self._config.project.name,
            log_retention_days=self._config.api.log_retention_days,
        )

    def _key_access(self) -> KeyAccess:
        authorizer = ServiceFunction(
            self,
            "Authorizer",
            code=self._code,
            handler="lambda_api.handlers.authorizer.handler",
            timeout_seconds=5,
            memory_mb=256,
            log_retention_days=self._config.api.log_retention_days,
        )
        return KeyAccess(self, "Keys", authorizer=authorizer)


def _sections(asynchronous: AsyncStack | None, batch: BatchStack | None) -> list[OptionalSection]:
    stacks: dict[OptionalSection, Stack | None] = {"async": asynchronous, "batch": batch}
    return [section for section, stack in stacks.items() if stack is not None]


def _environment(
    config: StageConfig, asynchronous: AsyncStack | None, batch: BatchStack | None
) -> dict[str, str]:
    environment = service_environment(config)
    if config.asynchronous is not None and asynchronous is not None:
        name, bucket = asynchronous.endpoint.name, asynchronous.bucket.bucket_name
        environment |= async_environment(config.asynchronous, endpoint_name=name, bucket=bucket)
    if config.batch is not None and batch is not None:
        environment |= batch_environment(config.batch, bucket=batch.bucket.bucket_name)
    return environment
