"""Updates, failed updates and the end of a stage, in that order: the last test destroys it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openai import OpenAI

from tests.support.model_files import SMALL_GGUF
from twin.client.conversation import ask
from twin.local.deployment import LocalDeployment
from twin.outputs import NotDeployedError, StageOutputs
from twin.subprocesses import ProgramFailedError

QUESTION = [{"role": "user", "content": "What is an endpoint config?"}]


@contextmanager
def _asking_all_the_time(client: OpenAI, model: str) -> Iterator[list[str | Exception]]:
    """Ask again and again while the block runs; gives what came back."""
    answers: list[str | Exception] = []
    done = threading.Event()

    def go_on() -> None:
        while not done.is_set():
            try:
                answers.append(ask(client, model, QUESTION, lambda _: None).text)
            except Exception as error:
                answers.append(error)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield answers
    finally:
        done.set()
        thread.join()


def _gguf(checkout: Path) -> Path:
    (found,) = (checkout / "model_artifacts" / "demo").glob("*.gguf")
    return found


def test_deploying_again_changes_nothing(deployment: LocalDeployment, stage: StageOutputs):
    assert deployment.deploy() == stage
    log = (deployment.cloud.directory / "logs" / "cdk-deploy.log").read_text()
    assert log.count("(no changes)") == log.count("deploying... [") > 0


def test_a_new_model_version_replaces_the_old_without_a_gap(
    deployment: LocalDeployment, client: OpenAI, model: str, stage: StageOutputs, checkout: Path
):
    before = _served_artifacts(deployment, stage)
    gguf = _gguf(checkout)
    # Padding after the last tensor: other content to S3, the same weights to the engine.
    gguf.write_bytes(gguf.read_bytes() + bytes(4096))

    with _asking_all_the_time(client, model) as answers:
        deployment.deploy()

    assert _served_artifacts(deployment, stage) != before
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    assert ask(client, model, QUESTION, lambda _: None).text


def test_an_update_that_never_gets_healthy_is_rolled_back(
    deployment: LocalDeployment, client: OpenAI, model: str, stage: StageOutputs, checkout: Path
):
    before = _served_artifacts(deployment, stage)
    gguf = _gguf(checkout)
    good = gguf.read_bytes()
    gguf.write_bytes(SMALL_GGUF)  # headers that synth accepts, and no weights to compute with

    with (
        _asking_all_the_time(client, model) as answers,
        pytest.raises(ProgramFailedError, match="did not pass the ping health check"),
    ):
        deployment.deploy()

    assert "UPDATE_ROLLBACK_COMPLETE" in _stack_statuses(deployment)
    assert _served_artifacts(deployment, stage) == before
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    gguf.write_bytes(good)


def test_a_config_mistake_stops_before_anything_is_deployed(
    deployment: LocalDeployment, client: OpenAI, model: str, checkout: Path
):
    config = checkout / "config" / "local.toml"
    good = config.read_text()
    config.write_text(good.replace("max_instances", "max_instance"))

    message = re.escape("max_instance") + ".*" + re.escape("max_instances")
    with pytest.raises(ProgramFailedError, match=message):
        deployment.deploy()

    config.write_text(good)
    assert ask(client, model, QUESTION, lambda _: None).text


def test_destroy_leaves_nothing(deployment: LocalDeployment, stage: StageOutputs):
    deployment.destroy()

    with pytest.raises(NotDeployedError):
        deployment.outputs()
    cloud = deployment.cloud
    sagemaker = cloud.session.client("sagemaker", endpoint_url=cloud.settings.origin)
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    assert sagemaker.list_models()["Models"] == []


def _stack_statuses(deployment: LocalDeployment) -> set[str]:
    cloud = deployment.cloud
    cloudformation = cloud.session.client("cloudformation", endpoint_url=cloud.settings.origin)
    return {stack["StackStatus"] for stack in cloudformation.describe_stacks()["Stacks"]}


def _served_artifacts(deployment: LocalDeployment, stage: StageOutputs) -> str:
    """Where the weights of the model in service come from."""
    cloud = deployment.cloud
    sagemaker = cloud.session.client("sagemaker", endpoint_url=cloud.settings.origin)
    endpoint = sagemaker.describe_endpoint(EndpointName=stage.endpoint_name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    container = sagemaker.describe_model(ModelName=variant["ModelName"])["PrimaryContainer"]
    uri: str = container["ModelDataSource"]["S3DataSource"]["S3Uri"]
    return uri
