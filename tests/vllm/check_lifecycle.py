"""A new version of the model, and the engine's own metrics on their way to the scaling policy."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openai import OpenAI

from tests.support.asking import QUESTION, asking_all_the_time
from tests.support.eventually import eventually
from tests.support.vllm_stage import CHECKPOINT
from twin.local.deployment import LocalDeployment

SECONDS = 600
"""Two cores, several engines, and a minute of the metrics' clock."""


def test_a_new_model_version_replaces_the_old_without_a_failed_request(
    deployment: LocalDeployment, client: OpenAI, model: str
):
    card = deployment.project / CHECKPOINT / "generation_config.json"
    card.write_text('{"eos_token_id": 2}\n')

    with asking_all_the_time(client, model) as answers:
        deployment.deploy()

    assert [answer for answer in answers if not isinstance(answer, str)] == []
    assert len(answers) > 1


def test_the_use_of_the_cache_reaches_the_policy_which_adds_an_instance(
    deployment: LocalDeployment, client: OpenAI, model: str
):
    cloud = deployment.cloud
    scaling: Any = cloud.session.client(
        "application-autoscaling", endpoint_url=cloud.settings.origin
    )
    is_over = threading.Event()

    def keep_streaming(_: int) -> None:
        while not is_over.is_set():
            with client.chat.completions.create(
                model=model, messages=QUESTION, stream=True, extra_body={"ignore_eos": True}
            ) as stream:
                any(is_over.is_set() for _ in stream)

    def has_grown() -> bool:
        found = scaling.describe_scaling_activities(ServiceNamespace="sagemaker")
        return any("AlarmHigh" in one["Cause"] for one in found["ScalingActivities"])

    with ThreadPoolExecutor(8) as callers:
        asking = callers.map(keep_streaming, range(8))
        try:
            eventually(has_grown, SECONDS)
        finally:
            is_over.set()
        list(asking)
