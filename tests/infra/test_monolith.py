"""The stage of one function: no endpoint, and a role that reads its weights and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lambda_api.settings import Settings
from tests.support.synthesized import Synthesized

STREAMING = "run.sh"


def test_there_is_no_other_stack_and_no_instance(tiny: Synthesized) -> None:
    assert list(tiny.stacks) == ["api"]
    kinds = {resource["Type"] for resource in tiny.api.raw["Resources"].values()}
    assert not [kind for kind in kinds if kind.startswith("AWS::SageMaker")]


def test_the_function_is_as_large_as_config_says(tiny: Synthesized) -> None:
    function = tiny.api.function(STREAMING)
    assert (function["MemorySize"], function["ReservedConcurrentExecutions"]) == (10_240, 20)
    assert function["Architectures"] == ["x86_64"]
    (engine,) = tiny.api.resources("AWS::Lambda::LayerVersion")
    assert {"Ref": engine} in function["Layers"]
    assert "LambdaAdapterLayerX86" in str(function["Layers"])
    others = [f for f in tiny.properties("AWS::Lambda::Function") if f["Handler"] != STREAMING]
    assert {tuple(f["Architectures"]) for f in others} == {("arm64",)}


def test_its_role_reads_one_prefix(tiny: Synthesized) -> None:
    function = tiny.api.function(STREAMING)
    role = function["Role"]["Fn::GetAtt"][0]
    prefix = function["Environment"]["Variables"]["TWIN_WEIGHTS_PREFIX"]
    rights = {
        (action, resource)
        for action, resource in tiny.api.rights(role)
        if not action.startswith(("logs:", "xray:"))
    }
    assert {action for action, _ in rights} == {"s3:GetObject", "s3:ListBucket"}
    (read,) = (end for action, end in rights if action == "s3:GetObject")
    assert read.endswith(f"/{prefix}*")


def test_a_function_without_snapshots_has_no_version(tiny: Synthesized) -> None:
    function = tiny.api.function(STREAMING)
    assert "SnapStart" not in function
    assert function["Environment"]["Variables"]["AWS_LWA_ASYNC_INIT"] == "true"
    assert not tiny.api.resources("AWS::Lambda::Version")


def test_snapshots_are_of_one_version_that_the_gateway_names(
    snapped: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = snapped.api.function(STREAMING)
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    adapter = {name for name in function["Environment"]["Variables"] if "_LWA_" in name}
    for name, value in snapped.api.environment(STREAMING).items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().after_restore_path == "/after-restore"
    assert "AWS_LWA_ASYNC_INIT" not in adapter  # a snapshot of a half-started server is none
    (version,) = snapped.api.resources("AWS::Lambda::Version")
    assert "DeletionPolicy" not in snapped.api.raw["Resources"][version]  # each is paid for
    (alias,) = snapped.api.resources("AWS::Lambda::Alias")
    live = snapped.api.only("AWS::Lambda::Alias")
    assert (live["Name"], live["FunctionVersion"]["Fn::GetAtt"][0]) == ("live", version)
    streamed = [
        method["Integration"]["Uri"]
        for method in snapped.api.properties("AWS::ApiGateway::Method")
        if method["Integration"].get("ResponseTransferMode") == "STREAM"
    ]
    assert streamed
    assert all({"Ref": alias} in uri["Fn::Join"][1] for uri in streamed)
    (policy,) = (
        name
        for name, resource in snapped.api.raw["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and "ReadWeights" in name
    )
    # The snapshot is taken with the version: by then the role must read the weights.
    assert policy in snapped.api.raw["Resources"][version]["DependsOn"]


def test_jobs_and_a_search_stand_beside_the_model(synthesize: Callable[..., Synthesized]) -> None:
    host = {"instance_type": "ml.m5.large"}
    stage = synthesize("tiny", asynchronous=host, batch=host, retrieval={"embedder": "none"})
    assert {*stage.stacks} == {"api", "async", "batch", "retrieval"}
    variables = stage.api.environment(STREAMING)
    assert {
        "TWIN_WEIGHTS_BUCKET",
        "TWIN_ASYNC_ENDPOINT_NAME",
        "TWIN_BATCH_BUCKET",
        "TWIN_RETRIEVAL_SEARCH_FUNCTION",
    } <= variables.keys()
    actions = {
        action
        for action, _ in stage.api.rights(stage.api.function(STREAMING)["Role"]["Fn::GetAtt"][0])
    }
    assert {"sagemaker:InvokeEndpointAsync", "lambda:InvokeFunction", "s3:GetObject"} <= actions
    assert "sagemaker:InvokeEndpointWithResponseStream" not in actions
