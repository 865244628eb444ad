"""The quick and cheap half: the HTTPS API and the functions behind it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.async_stack import AsyncStack
from stacks.batch_stack import BatchStack
from stacks.config import ApiConfig, ColdStartConfig, StageConfig, WebhookConfig
from stacks.constructs.api.async_completion import AsyncCompletion
from stacks.constructs.api.cold_start_table import ColdStartTable
from stacks.constructs.api.engine_metrics import EngineMetrics
from stacks.constructs.api.key_access import KeyAccess
from stacks.constructs.api.method_access import SIGNED
from stacks.constructs.api.model_probe import ModelProbe
from stacks.constructs.api.quota_table import QuotaTable
from stacks.constructs.api.rest_api import RestApi
from stacks.constructs.api.routes import OptionalSection
from stacks.constructs.api.streaming_function import streaming_function
from stacks.constructs.api.webhook_delivery import WebhookDelivery
from stacks.constructs.endpoint.async_endpoint import FAILURES, INPUTS, OUTPUTS
from stacks.constructs.endpoint.realtime_endpoint import RealtimeEndpoint
from stacks.constructs.function.engine_layer import EnginePackage
from stacks.constructs.function.environment import (
    async_environment,
    batch_environment,
    cold_start_environment,
    engine_metrics_environment,
    service_environment,
)
from stacks.constructs.function.memory import AUTHORIZER_MB, CONTROL_MB
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.shared.webhook_queues import WebhookQueues
from stacks.retrieval_stack import RetrievalStack

# Below the 29 s after which API Gateway gives up on an answer sent whole.
_CONTROL_SECONDS = 28


class ApiStack(Stack):
    """An OpenAI-compatible API in front of a model and of what else a stage has."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        api: ApiConfig,
        endpoint: RealtimeEndpoint | None,
        asynchronous: AsyncStack | None,
        batch: BatchStack | None,
        retrieval: RetrievalStack | None,
        package: Path,
        engine: EnginePackage | None,
        root: Path,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: OpenAI-compatible API"
        super().__init__(scope, construct_id, description=description, env=env)
        self._config, self._api = config, api
        self._code = lambda_.Code.from_asset(str(package))
        self._environment = _environment(config, asynchronous, batch)
        streaming = streaming_function(
            self,
            config=config,
            api=api,
            code=self._code,
            environment=self._environment,
            engine=engine,
            root=root,
        )
        control = self._control_function()
        if endpoint is not None:
            # The service asks for streams, but where a field of the engine's own forbids one.
            endpoint.grant_invoke(streaming, whole=bool(api.engine_fields))
        if config.cold_start is not None:
            self._meet_cold_starts(config.cold_start, streaming)
        if asynchronous is not None:
            self._keep_responses(asynchronous, streaming, control)
        if batch is not None:
            batch.serve(control)
            self._quotas.let_count(control)
        if retrieval is not None:
            retrieval.serve(streaming, control, api.limits)
            self._quotas.let_count(control)
        if endpoint is not None:
            self._watch(endpoint)
        self._sections = _there({"async": asynchronous, "batch": batch, "retrieval": retrieval})
        self._open(streaming, control)

    def _open(self, streaming: ServiceFunction, control: ServiceFunction) -> None:
        """Put the functions behind HTTPS, and say where."""
        config, api = self._config, self._api
        keys = self._key_access() if api.auth == "key" else None
        rest = RestApi(
            self,
            "Api",
            name=config.endpoint_name,
            config=api,
            streaming=streaming.entry,
            control=control,
            access=keys.method if keys else SIGNED,
            sections=self._sections,
        )
        CfnOutput(self, "ApiUrl", value=rest.rest.url)
        if keys:
            keys.enforce(rest.rest, api)
            CfnOutput(self, "ApiKeyId", value=keys.key_id)

    def _control_function(self) -> ServiceFunction:
        """Return the function that runs the same app under Mangum, for answers sent whole."""
        return ServiceFunction(
            self,
            "Control",
            code=self._code,
            handler="lambda_api.handlers.control.handler",
            environment=self._environment,
            timeout_seconds=_CONTROL_SECONDS,
            memory_mb=CONTROL_MB,
            log_retention_days=self._api.log_retention_days,
        )

    def _meet_cold_starts(self, cold_start: ColdStartConfig, streaming: ServiceFunction) -> None:
        """Let the streaming functions agree on who waits, and for how long."""
        table = ColdStartTable(self, "ColdStarts")
        table.grant_share(streaming)
        for name, value in cold_start_environment(cold_start, table=table.table_name).items():
            streaming.add_environment(name, value)

    def _keep_responses(
        self, jobs: AsyncStack, streaming: ServiceFunction, control: ServiceFunction
    ) -> None:
        """Let the streaming function make responses, the control function look after them."""
        assert self._config.asynchronous is not None  # noqa: S101 - it is what `jobs` was made from
        jobs.endpoint.grant_submit(streaming)
        # Here, and not beside the endpoint: a webhook that is taken out takes no export with it.
        webhook = self._config.asynchronous.webhook
        queues = WebhookQueues(self, "Webhook") if webhook is not None else None
        completion = AsyncCompletion(
            self,
            "Completion",
            code=self._code,
            environment=self._environment,
            config=self._api,
            endpoint=jobs.endpoint,
            queues=queues,
        )
        if webhook is not None and queues is not None:
            self._tell_webhook(webhook, queues, streaming)
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
        return QuotaTable(self, "Quotas", limits=self._api.limits)

    def _tell_webhook(
        self, webhook: WebhookConfig, queues: WebhookQueues, streaming: ServiceFunction
    ) -> None:
        """Watch each response from the beginning, and deliver the event of the end."""
        queues.watches.grant(streaming, "sqs:SendMessage")
        streaming.add_environment("TWIN_RESPONSE_WATCH_QUEUE_URL", queues.watches.queue_url)
        WebhookDelivery(
            self,
            "WebhookDelivery",
            code=self._code,
            environment=service_environment(self._config),
            config=self._api,
            webhook=webhook,
            events=queues.events,
        )

    def _watch(self, endpoint: RealtimeEndpoint) -> None:
        if self._config.scales_on_engine_metrics:
            self._carry_engine_metrics()
        if self._config.is_probed:
            self._probe(endpoint)

    def _carry_engine_metrics(self) -> None:
        names = engine_metrics_environment(self._config.engine.metrics)
        EngineMetrics(
            self,
            "EngineMetrics",
            code=self._code,
            environment={**service_environment(self._config), **names},
            namespace=self._config.project.name,
            log_retention_days=self._api.log_retention_days,
        )

    def _probe(self, endpoint: RealtimeEndpoint) -> None:
        ModelProbe(
            self,
            "Probe",
            code=self._code,
            environment=service_environment(self._config),
            endpoint=endpoint,
            namespace=self._config.project.name,
            log_retention_days=self._api.log_retention_days,
        )

    def _key_access(self) -> KeyAccess:
        authorizer = ServiceFunction(
            self,
            "Authorizer",
            code=self._code,
            handler="lambda_api.handlers.authorizer.handler",
            timeout_seconds=5,
            memory_mb=AUTHORIZER_MB,
            log_retention_days=self._api.log_retention_days,
        )
        return KeyAccess(self, "Keys", authorizer=authorizer)


def _there(stacks: dict[OptionalSection, Stack | None]) -> list[OptionalSection]:
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
