"""The rollout function: each step of the state machine that rolls a version out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3

from lambda_api.aws.lifecycle.cloudformation import CloudFormationStacks
from lambda_api.aws.lifecycle.endpoints import SageMakerEndpoints
from lambda_api.aws.lifecycle.event_bus import EventBus
from lambda_api.aws.lifecycle.model_registry import ModelRegistry
from lambda_api.aws.lifecycle.passing import passing_refusals
from lambda_api.aws.lifecycle.ssm_parameter import SsmParameter
from lambda_api.aws.s3 import S3Store
from lambda_api.aws.sagemaker_runtime import SageMakerEndpoint
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import ChatService
from lambda_api.engine.served_models import ServedModels
from lambda_api.rollouts.deployment import Deployment
from lambda_api.rollouts.golden_check import Ask, text_of
from lambda_api.rollouts.history import History
from lambda_api.rollouts.opening import Opening
from lambda_api.rollouts.schemas import Rollout
from lambda_api.rollouts.settings import RolloutSettings
from lambda_api.rollouts.steps import GoldenRule, RolloutSteps
from lambda_api.settings import Settings


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step that the event names, and return the rollout.

    Raises:
        PassingError: The step is to be taken again.
    """
    with passing_refusals():
        return _taken(event)


def _taken(event: Mapping[str, Any]) -> dict[str, Any]:
    steps, step = _connected(), event["step"]
    if step == "read":
        return _written(steps.read(event["input"], event["execution"]))
    rollout = Rollout.model_validate(event["rollout"])
    if step == "undo":
        return _written(steps.undo(rollout, event["error"]))
    return _written(getattr(steps, _STEPS[step])(rollout))


_STEPS = {name: name for name in ("deploy", "verify", "check", "keep", "restore")}


def _written(rollout: Rollout) -> dict[str, Any]:
    return rollout.model_dump(mode="json")


@cache
def _connected() -> RolloutSteps:
    settings, rollouts = Settings.from_environment(), RolloutSettings.from_environment()
    sagemaker = boto3.client("sagemaker")
    registry = ModelRegistry(
        sagemaker,
        boto3.client("s3"),
        group=rollouts.model_group,
        bucket=rollouts.model_bucket,
        archived=rollouts.archived,
    )
    ssm, shadow = boto3.client("ssm"), rollouts.shadow_parameter
    parameter = SsmParameter(ssm, rollouts.version_parameter)
    stacks = CloudFormationStacks(boto3.client("cloudformation"))
    history = History(S3Store.connect(rollouts.rollout_bucket))
    deployment = Deployment(
        parameter,
        stacks,
        rollouts.model_stacks,
        time.time,
        SsmParameter(ssm, shadow) if shadow else None,
    )
    endpoints = SageMakerEndpoints(sagemaker)
    return RolloutSteps(
        opening=Opening(
            registry, parameter, deployment, endpoints, history, settings.stage, time.time
        ),
        deployment=deployment,
        registry=registry,
        endpoints=endpoints,
        history=history,
        events=EventBus(boto3.client("events"), rollouts.event_source),
        ask=_asking(settings),
        rule=GoldenRule(rollouts.golden_file, rollouts.golden_pass, rollouts.require_golden),
        clock=time.time,
    )


def _asking(settings: Settings) -> Ask:
    """Return the endpoint, asked as the streaming function asks it."""
    endpoint = SageMakerEndpoint.connect(
        settings.endpoint_name,
        settings.model_timeout_seconds,
        settings.inference_component_name,
        settings.adapter_components,
    )
    chat = ChatService(ServedModels.of(settings), lambda: endpoint, settings.prefix_aware_routing)

    def ask(request: dict[str, Any]) -> str:
        given = {"model": settings.model_id, **request}
        return text_of(chat.complete(ChatCompletionRequest.model_validate(given)).body)

    return ask
