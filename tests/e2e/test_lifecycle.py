"""Updates, failed updates and the end of a stage, in that order: the last test destroys it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from openai import OpenAI

from tests.support.asking import QUESTION, asking_all_the_time, asking_at_a_rate
from tests.support.eventually import eventually
from tests.support.model_files import SMALL_GGUF
from twin.client.conversation import ask
from twin.local.deployment import LocalDeployment
from twin.outputs import NotDeployedError, StageOutputs
from twin.subprocesses import ProgramFailedError


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

    with asking_all_the_time(client, model) as answers:
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
        asking_all_the_time(client, model) as answers,
        pytest.raises(ProgramFailedError, match="did not pass the ping health check"),
    ):
        deployment.deploy()

    assert "UPDATE_ROLLBACK_COMPLETE" in _stack_statuses(deployment)
    assert _served_artifacts(deployment, stage) == before
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    gguf.write_bytes(good)


BIGGER = 'instance_type = "ml.c7i.2xlarge"'
RATE = 20
"""Requests a second."""


def _scaled(deployment: LocalDeployment) -> dict[str, set[str]]:
    """The policies of each registered target of the stage, by the variant's part of its id."""
    cloud = deployment.cloud
    scaling = cloud.session.client("application-autoscaling", endpoint_url=cloud.settings.origin)
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    own = re.compile(rf"endpoint/({re.escape(deployment.config.endpoint_name)}(-async)?/.*)")
    return {
        found[1]: {
            policy["PolicyName"]
            for policy in scaling.describe_scaling_policies(
                ServiceNamespace="sagemaker", ResourceId=target["ResourceId"]
            )["ScalingPolicies"]
        }
        for target in targets
        if (found := own.fullmatch(target["ResourceId"]))
    }


def _alarms_act(deployment: LocalDeployment) -> bool:
    """Whether every alarm that acts by a scaling policy names one that is there."""
    cloud = deployment.cloud
    scaling, cloudwatch = (
        cloud.session.client(name, endpoint_url=cloud.settings.origin)
        for name in ("application-autoscaling", "cloudwatch")
    )
    policies = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    there = {policy["PolicyARN"] for policy in policies}
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    actions = {action for alarm in alarms for action in alarm.get("AlarmActions", [])}
    return {action for action in actions if ":scalingPolicy:" in action} <= there


ASYNC_POLICIES = {"wake", "backlog", "go"}


def test_other_types_and_counts_are_deployed_under_load_without_a_failed_request(
    deployment: LocalDeployment, client: OpenAI, model: str, stage: StageOutputs, checkout: Path
):
    config = checkout / "config" / "local.toml"
    good = config.read_text()
    # Nothing scales under this load: an endpoint that does is refused an update, as on AWS.
    unscaled = good.replace("\ntarget = 4 ", "\ntarget = 400 ")
    bigger = unscaled.replace('instance_type = "ml.c7i.xlarge"', BIGGER)
    fallback = BIGGER + '\nfallback_instance_types = ["ml.c7i.4xlarge"]'
    assert unscaled != good
    eventually(lambda: _is_in_service(deployment, stage))
    with asking_at_a_rate(client, model, RATE) as answers:
        config.write_text(bigger)
        deployment.deploy()
        moved = _scaled(deployment)
        more = bigger.replace("\ninitial_instance_count = 1 ", "\ninitial_instance_count = 2 ")
        assert more != bigger
        config.write_text(more.replace(BIGGER, fallback, 1))
        deployment.deploy()
        pooled = _scaled(deployment)

    name = stage.endpoint_name
    assert moved == {
        f"{name}/variant/c7i-2xlarge": {"concurrency"},
        f"{name}-async/variant/c7i-2xlarge": ASYNC_POLICIES,
    }
    (variant,) = (target for target in pooled if target.startswith(f"{name}/"))
    assert re.fullmatch(rf"{name}/variant/c7i-2xlarge-[0-9a-f]{{6}}", variant)
    assert _first_count(deployment, stage) == 2
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    assert len(answers) > RATE
    assert _alarms_act(deployment)


def test_a_change_of_instance_types_that_fails_leaves_the_scaling_as_it_was(
    deployment: LocalDeployment, client: OpenAI, model: str, stage: StageOutputs, checkout: Path
):
    config, gguf = checkout / "config" / "local.toml", _gguf(checkout)
    good, weights = config.read_text(), gguf.read_bytes()
    before = _scaled(deployment)
    config.write_text(good.replace("ml.c7i.2xlarge", "ml.c7i.xlarge"))
    gguf.write_bytes(SMALL_GGUF)

    with (
        asking_all_the_time(client, model) as answers,
        pytest.raises(ProgramFailedError, match="did not pass the ping health check"),
    ):
        deployment.deploy()

    assert _scaled(deployment) == before
    assert _alarms_act(deployment)
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    config.write_text(good)
    gguf.write_bytes(weights)
    deployment.deploy()
    assert _scaled(deployment) == before


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
    # Other modules' stages may stand in the same cloud.
    left = [endpoint["EndpointName"] for endpoint in sagemaker.list_endpoints()["Endpoints"]]
    left += [c["EndpointConfigName"] for c in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
    left += [model["ModelName"] for model in sagemaker.list_models()["Models"]]
    assert [name for name in left if name.lower().startswith(stage.endpoint_name)] == []


def _first_count(deployment: LocalDeployment, stage: StageOutputs) -> int:
    """The instances that the endpoint's config begins with."""
    cloud = deployment.cloud
    sagemaker = cloud.session.client("sagemaker", endpoint_url=cloud.settings.origin)
    endpoint = sagemaker.describe_endpoint(EndpointName=stage.endpoint_name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    return int(config["ProductionVariants"][0]["InitialInstanceCount"])


def _is_in_service(deployment: LocalDeployment, stage: StageOutputs) -> bool:
    cloud = deployment.cloud
    sagemaker = cloud.session.client("sagemaker", endpoint_url=cloud.settings.origin)
    endpoint = sagemaker.describe_endpoint(EndpointName=stage.endpoint_name)
    return bool(endpoint["EndpointStatus"] == "InService")


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
