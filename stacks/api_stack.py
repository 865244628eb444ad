"""The quick and cheap half: the HTTPS API and the functions behind it."""

from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs import web_adapter
from stacks.constructs.chat_api import STAGE, ChatApi
from stacks.constructs.key_access import KeyAccess
from stacks.constructs.method_access import SIGNED
from stacks.constructs.realtime_endpoint import RealtimeEndpoint
from stacks.constructs.service_function import ARCHITECTURE, ServiceFunction

# Below the 29 s after which API Gateway gives up on an answer sent whole.
_CONTROL_SECONDS = 28


class ApiStack(Stack):
    """An OpenAI-compatible API in front of an endpoint."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        endpoint: RealtimeEndpoint,
        package: Path,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: OpenAI-compatible API"
        super().__init__(scope, construct_id, description=description, env=env)
        self._config = config
        self._code = lambda_.Code.from_asset(str(package))
        self._environment = _environment(config, endpoint)
        streaming = self._streaming_function()
        endpoint.grant_invoke(streaming)
        keys = self._key_access() if config.api.auth == "key" else None
        api = ChatApi(
            self,
            "Api",
            name=config.endpoint_name,
            config=config.api,
            streaming=streaming,
            control=self._control_function(),
            access=keys.method if keys else SIGNED,
        )
        CfnOutput(self, "ApiUrl", value=api.rest.url)
        if keys:
            keys.enforce(api.rest, config.api)
            CfnOutput(self, "ApiKeyId", value=keys.key_id)

    def _streaming_function(self) -> ServiceFunction:
        """The app under uvicorn: everything that may stream."""
        api = self._config.api
        return ServiceFunction(
            self,
            "Streaming",
            code=self._code,
            handler="run.sh",
            layers=[web_adapter.web_adapter_layer(self, "WebAdapter", architecture=ARCHITECTURE)],
            environment={**self._environment, **web_adapter.ENVIRONMENT},
            timeout_seconds=api.lambda_timeout_seconds,
            memory_mb=api.memory_mb,
            log_retention_days=api.log_retention_days,
            reserved_concurrency=api.reserved_concurrency,
        )

    def _control_function(self) -> ServiceFunction:
        """The same app under Mangum: short answers, sent whole."""
        api = self._config.api
        return ServiceFunction(
            self,
            "Control",
            code=self._code,
            handler="lambda_api.handler.handler",
            environment=self._environment,
            timeout_seconds=_CONTROL_SECONDS,
            memory_mb=api.memory_mb,
            log_retention_days=api.log_retention_days,
        )

    def _key_access(self) -> KeyAccess:
        authorizer = ServiceFunction(
            self,
            "Authorizer",
            code=self._code,
            handler="lambda_api.authorizer.handler",
            timeout_seconds=5,
            memory_mb=256,
            log_retention_days=self._config.api.log_retention_days,
        )
        return KeyAccess(self, "Keys", authorizer=authorizer)


def _environment(config: StageConfig, endpoint: RealtimeEndpoint) -> dict[str, str]:
    """What lambda_api.settings reads; tests/contract holds the two together."""
    return {
        "TWIN_STAGE": config.stage,
        "TWIN_ENDPOINT_NAME": endpoint.name,
        "TWIN_MODEL_ID": config.model.id,
        "TWIN_ENGINE": config.model.engine,
        "TWIN_ROOT_PATH": f"/{STAGE}",
        "TWIN_MODEL_TIMEOUT_SECONDS": str(config.api.model_timeout_seconds),
        "TWIN_LOG_LEVEL": config.api.log_level,
        "POWERTOOLS_SERVICE_NAME": config.endpoint_name,
        "POWERTOOLS_METRICS_NAMESPACE": config.project.name,
    }
