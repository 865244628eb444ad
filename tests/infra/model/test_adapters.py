"""Adapters reach the containers, whichever job they are for, and the functions."""

from __future__ import annotations

import json

import pytest

from lambda_api.settings import Settings
from tests.support.synthesized import Synthesized

FUNCTIONS = (
    ("api", "run.sh"),
    ("api", "lambda_api.handlers.model_probe.handler"),
    ("batch", "lambda_api.handlers.batch_prepare.handler"),
    ("batch", "lambda_api.handlers.batch_collect.handler"),
)


@pytest.mark.parametrize("stack", ["serving", "batch"])
def test_containers_load_the_adapters(adapted: Synthesized, stack: str) -> None:
    container = adapted.stacks[stack].only("AWS::SageMaker::Model")["PrimaryContainer"]
    scaled = container["Environment"]["SM_LLAMA_CPP_LORA_SCALED"]
    assert scaled == "/opt/ml/model/adapters/paul/adapter.gguf:0"


@pytest.mark.parametrize(("stack", "handler"), FUNCTIONS)
def test_functions_know_how_each_model_is_selected(
    adapted: Synthesized, stack: str, handler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in adapted.stacks[stack].environment(handler).items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().model_selectors == {
        "twin-demo": {"lora": [{"id": 0, "scale": 0}]},
        "twin-demo:paul": {"lora": [{"id": 0, "scale": 1}]},
    }


COMPONENT = "AWS::SageMaker::InferenceComponent"


def test_an_adapter_on_components_is_one_without_compute(adapted_zero: Synthesized) -> None:
    serving = adapted_zero.serving
    ((base, _), (_, adapter)) = sorted(
        serving.resources(COMPONENT).items(), key=lambda found: "DependsOn" in found[1]
    )
    properties = adapter["Properties"]
    assert adapter["DependsOn"] == [base]
    assert properties["InferenceComponentName"] == "twin-local-paul"
    assert properties.keys() <= {
        "EndpointName",
        "InferenceComponentName",
        "Specification",
        "Tags",
    }
    assert properties["Specification"]["BaseInferenceComponentName"] == "twin-local"
    assert properties["Specification"].keys() == {"BaseInferenceComponentName", "Container"}
    url = json.dumps(properties["Specification"]["Container"]["ArtifactUrl"])
    assert url.endswith('.tar.gz"]]}')


def test_its_base_loads_it_while_it_runs(adapted_zero: Synthesized) -> None:
    container = adapted_zero.serving.only("AWS::SageMaker::Model")["PrimaryContainer"]
    environment = container["Environment"]
    assert environment["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "true"
    assert environment["SM_VLLM_MAX_LORA_RANK"] == "1"
    assert "SM_VLLM_LORA_MODULES" not in environment


def test_requests_name_it_and_wake_its_base(
    adapted_zero: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in adapted_zero.api.environment("run.sh").items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.adapter_components == {"twin-demo:paul": "twin-local-paul"}
    assert settings.model_selectors["twin-demo:paul"] == {"model": "twin-demo:paul"}
    asked = [
        resource
        for statement in adapted_zero.api.statements()
        if "sagemaker:InvokeEndpointWithResponseStream" in statement["Action"]
        for resource in statement["Resource"]
    ]
    assert any("inference-component/twin-local-paul" in json.dumps(one) for one in asked)
    refused = [
        alarm["Dimensions"][0]["Value"]
        for alarm in adapted_zero.serving.properties("AWS::CloudWatch::Alarm")
        if alarm["MetricName"] == "NoCapacityInvocationFailures"
    ]
    assert sorted(refused) == ["twin-local", "twin-local-paul"]
