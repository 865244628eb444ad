"""The function behind all routes that may stream: in front of an endpoint, or the model in it."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from stacks.adapter_layers import ENGINE, FUNCTIONS
from stacks.checks import acknowledge_wildcard
from stacks.config import ApiConfig, MonolithConfig, StageConfig
from stacks.config.combinations import cache_bytes
from stacks.constructs.function import web_adapter
from stacks.constructs.function.engine_layer import (
    ARCHITECTURE as ENGINE_ARCHITECTURE,
)
from stacks.constructs.function.engine_layer import EnginePackage, engine_layer
from stacks.constructs.function.environment import invocation_environment, weights_environment
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.model.weights import Weights

_ID, _HANDLER = "Streaming", "run.sh"


def streaming_function(
    stack: Stack,
    *,
    config: StageConfig,
    api: ApiConfig,
    code: lambda_.Code,
    environment: dict[str, str],
    engine: EnginePackage | None,
    root: Path,
) -> ServiceFunction:
    """Return the function that runs the app under uvicorn.

    Args:
        stack: the stack of the function.
        config: the stage.
        api: its [api] section.
        code: the functions' package.
        environment: variables of every function.
        engine: what a monolith's function runs in place of `code`.
        root: the project's root directory, where local artifacts lie.
    """
    if config.monolith is not None:
        assert engine is not None  # noqa: S101 - the app builds one for a monolith
        return MonolithFunction(
            stack,
            _ID,
            config=config,
            api=api,
            monolith=config.monolith,
            package=engine,
            environment=environment,
            root=root,
        )
    return ServiceFunction(
        stack,
        _ID,
        code=code,
        handler=_HANDLER,
        layers=[web_adapter.web_adapter_layer(stack, "WebAdapter", architecture=FUNCTIONS)],
        environment={
            **environment,
            **invocation_environment(config),
            **web_adapter.ENVIRONMENT,
        },
        timeout_seconds=api.lambda_timeout_seconds,
        memory_mb=api.memory_mb,
        log_retention_days=api.log_retention_days,
        reserved_concurrency=api.reserved_concurrency,
    )


class MonolithFunction(ServiceFunction):
    """The same app with llama.cpp in the process, which reads the weights and nothing else."""

    def __init__(
        self,
        scope: Stack,
        construct_id: str,
        *,
        config: StageConfig,
        api: ApiConfig,
        monolith: MonolithConfig,
        package: EnginePackage,
        environment: dict[str, str],
        root: Path,
    ) -> None:
        weights = Weights.of(config.model, stack=scope, root=root)
        assert weights is not None  # noqa: S101 - config allows no hub beside a monolith
        super().__init__(
            scope,
            construct_id,
            code=lambda_.Code.from_asset(str(package.code)),
            handler=_HANDLER,
            layers=[
                web_adapter.web_adapter_layer(scope, "WebAdapter", architecture=ENGINE),
                engine_layer(scope, "Engine", package.layer),
            ],
            environment={
                **environment,
                **_weights_environment(config, monolith, weights, root),
                **web_adapter.ENVIRONMENT,
                **(web_adapter.SNAPSTART if monolith.snapstart else web_adapter.ASYNC_INIT),
            },
            timeout_seconds=api.lambda_timeout_seconds,
            memory_mb=monolith.memory_mb,
            log_retention_days=api.log_retention_days,
            reserved_concurrency=monolith.max_concurrency,
            architecture=ENGINE_ARCHITECTURE,
            snapstart=monolith.snapstart,
        )
        self._let_read(weights)
        self._has_snapshot = monolith.snapstart

    @cached_property
    def entry(self) -> lambda_.IFunction:
        """The function, or the alias of its published version: only that one has a snapshot.

        The version before is deleted with the update, since each is paid for.
        """
        if not self._has_snapshot:
            return self
        return lambda_.Alias(self, "Live", alias_name="live", version=self.current_version)

    def _let_read(self, weights: Weights) -> None:
        statements = weights.read_statements()
        policy = iam.Policy(
            self.runtime_role, "ReadWeights", roles=[self.runtime_role], statements=statements
        )
        self.node.add_dependency(policy)
        reason = "every object below one prefix of one bucket, and no other"
        for statement in statements:
            for resource in statement.resources:
                if resource.endswith("*"):
                    acknowledge_wildcard(policy, resource, reason)


def _weights_environment(
    config: StageConfig, monolith: MonolithConfig, weights: Weights, root: Path
) -> dict[str, str]:
    cache, sha256 = 0, None
    if config.model.artifacts is not None:
        directory = root / config.model.artifacts
        cache = cache_bytes(config, directory)
        (file,) = directory.glob("*.gguf")
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return weights_environment(
        config.model,
        bucket=weights.bucket,
        prefix=weights.prefix,
        room_mb=monolith.room_mb(cache),
        sha256=sha256,
    )
