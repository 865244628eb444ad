"""Adapter components as a client of SageMaker makes them, before an engine that tells all."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.support.eventually import eventually, poll
from tests.support.localcloud import cloud as local
from tests.support.localcloud.adapter_engine import REFUSED
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.component_deployment import ComponentDeployment
from tests.support.localcloud.deployment import BUCKET, IMAGE, unique

VLLM = IMAGE.replace("llama-cpp", "vllm")


class AdapterDeployment(ComponentDeployment):
    """An endpoint of one base component, for adapters."""

    def vllm(self) -> dict[str, Any]:
        environment = {"STANDIN_VARIABLE": "passed"}
        return {**self.container(), "Image": VLLM, "Environment": environment}

    def archive(self, text: str, name: str = "weights.txt") -> str:
        """Put an adapter's archive in S3; return its address."""
        packed, key = io.BytesIO(), f"{unique('adapter')}.tar.gz"
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
        body = packed.getvalue()
        self.cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def attach(self, name: str, url: str, **changes: Any) -> dict[str, Any]:
        """Create an adapter component; return it once it has settled."""
        given = {"BaseInferenceComponentName": self.endpoint, "Container": {"ArtifactUrl": url}}
        self.sagemaker.create_inference_component(
            InferenceComponentName=name,
            EndpointName=self.endpoint,
            Specification={**given, **changes},
        )
        return self.component(name)

    def told(self, component: str = "") -> dict[str, Any]:
        """The engine's own words about a request."""
        answer = self.runtime.invoke_endpoint(
            EndpointName=self.endpoint,
            InferenceComponentName=component or self.endpoint,
            ContentType="application/json",
            Body="{}",
        )
        return dict(json.load(answer["Body"]))


@pytest.fixture(scope="module")
def adapting(data_dir: Path) -> Iterator[Cloud]:
    """A local cloud whose vLLM is the engine that tells."""
    settings = Settings(port=free_port(), data_dir=data_dir)
    running = local.start(settings, "tests.support.localcloud.adapter_engine")
    yield running
    local.stop(running)


@pytest.fixture
def hosted(adapting: Cloud, model_file: Path) -> Iterator[AdapterDeployment]:
    deployment = AdapterDeployment(adapting, model_file)
    assert deployment.create(deployment.vllm())["InferenceComponentStatus"] == "InService"
    yield deployment
    for name in [*deployment.components(), deployment.endpoint]:
        if name in deployment.components() and name != deployment.endpoint:
            deployment.remove(name)
    deployment.delete()


def test_requests_to_an_adapter_reach_the_copies_of_its_base(hosted: AdapterDeployment) -> None:
    paul = unique("paul")
    found = hosted.attach(paul, hosted.archive("of paul"))
    assert found["InferenceComponentStatus"] == "InService"
    assert found["Specification"]["BaseInferenceComponentName"] == hosted.endpoint
    assert "RuntimeConfig" not in found
    assert hosted.told(paul) == {
        "adapter": paul,
        "loaded": {paul: "of paul"},
        "variable": "passed",
    }
    assert hosted.told()["adapter"] is None
    assert sorted(hosted.components()) == sorted([hosted.endpoint, paul])


def test_every_new_copy_loads_the_adapters(hosted: AdapterDeployment) -> None:
    paul = unique("paul")
    hosted.attach(paul, hosted.archive("of paul"))
    hosted.scale(0)
    with pytest.raises(ClientError, match="no capacity to process this request"):
        hosted.told(paul)
    hosted.scale(2)
    assert all(hosted.told(paul)["loaded"] == {paul: "of paul"} for _ in range(8))


def test_an_adapter_is_replaced_and_forgotten(hosted: AdapterDeployment) -> None:
    paul = unique("paul")
    hosted.attach(paul, hosted.archive("of paul"))
    url = hosted.archive("of paul, later")
    given = {"BaseInferenceComponentName": hosted.endpoint, "Container": {"ArtifactUrl": url}}
    hosted.sagemaker.update_inference_component(InferenceComponentName=paul, Specification=given)
    assert hosted.component(paul)["InferenceComponentStatus"] == "InService"
    assert hosted.told(paul)["loaded"] == {paul: "of paul, later"}
    with pytest.raises(ClientError, match=f"adapter components {paul} are on it"):
        hosted.remove()
    hosted.remove(paul)
    assert hosted.told()["loaded"] == {}
    with pytest.raises(ClientError, match=f"Inference Component {paul} of account .* not found"):
        hosted.told(paul)


def test_what_the_container_refuses_fails_with_its_words(hosted: AdapterDeployment) -> None:
    paul = unique("paul")
    found = hosted.attach(paul, hosted.archive("x", REFUSED))
    assert found["InferenceComponentStatus"] == "Failed"
    assert "refused the adapter with status 400" in found["FailureReason"]
    assert "no adapter of this model" in found["FailureReason"]
    missing = hosted.attach(unique("none"), f"s3://{BUCKET}/missing.tar.gz")
    assert missing["InferenceComponentStatus"] == "Failed"
    assert hosted.told()["loaded"] == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Container": {"ArtifactUrl": "s3://bucket/adapter/"}}, "the address of one .tar.gz"),
        ({"ModelName": "m"}, "has no compute of its own: ModelName"),
        ({"BaseInferenceComponentName": "none"}, "Could not find inference component"),
    ],
)
def test_a_specification_that_is_no_adapters_is_refused(
    hosted: AdapterDeployment, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        hosted.attach(unique("paul"), f"s3://{BUCKET}/a.tar.gz", **changes)


def test_llama_cpp_does_not_load_adapters_while_it_runs(adapting: Cloud, model_file: Path) -> None:
    deployment = AdapterDeployment(adapting, model_file)
    deployment.create()
    paul = unique("paul")
    found = deployment.attach(paul, deployment.archive("of paul"))
    assert found["InferenceComponentStatus"] == "Failed"
    assert "does not load adapters while it runs" in found["FailureReason"]
    deployment.remove(paul)
    deployment.delete()


def test_cloudformation_brings_replaces_and_removes_one(hosted: AdapterDeployment) -> None:
    paul, stacks, stack = unique("paul"), hosted.cloud.client("cloudformation"), unique("stack")

    def template(text: str) -> str:
        specification = {
            "BaseInferenceComponentName": hosted.endpoint,
            "Container": {"ArtifactUrl": hosted.archive(text)},
        }
        properties = {
            "InferenceComponentName": paul,
            "EndpointName": hosted.endpoint,
            "Specification": specification,
        }
        kind = "AWS::SageMaker::InferenceComponent"
        return json.dumps({"Resources": {"Paul": {"Type": kind, "Properties": properties}}})

    def settled() -> str:
        found = poll(
            lambda: stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"],
            lambda status: not status.endswith("IN_PROGRESS"),
        )
        return str(found)

    stacks.create_stack(StackName=stack, TemplateBody=template("of paul"))
    assert settled() == "CREATE_COMPLETE"
    assert hosted.told(paul)["loaded"] == {paul: "of paul"}
    stacks.update_stack(StackName=stack, TemplateBody=template("later"))
    assert settled() == "UPDATE_COMPLETE"
    assert hosted.told(paul)["loaded"] == {paul: "later"}
    stacks.delete_stack(StackName=stack)
    eventually(lambda: hosted.told()["loaded"] == {})
