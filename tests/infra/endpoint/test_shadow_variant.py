"""The shadow variant in the template: there while a parameter gives it a share."""

from __future__ import annotations

import json

from lambda_api.engine.metrics_bridge import SHADOW_VARIANT
from lambda_api.rollouts.deployment import SHADOW_PARAMETER
from tests.support.synthesized import Synthesized


def test_the_variant_and_its_model_depend_on_the_share(lifecycle: Synthesized) -> None:
    serving = lifecycle.serving
    ((condition, expression),) = serving.raw["Conditions"].items()
    share = {"Fn::Select": [3, {"Ref": SHADOW_PARAMETER}]}
    assert expression == {"Fn::Not": [{"Fn::Equals": [share, "0"]}]}
    config = serving.only("AWS::SageMaker::EndpointConfig")
    _, (variant,), otherwise = config["ShadowProductionVariants"]["Fn::If"]
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert (variant["VariantName"], variant["InitialVariantWeight"]) == (SHADOW_VARIANT, share)
    (production,) = config["ProductionVariants"]
    assert (variant["InstanceType"], production["InitialVariantWeight"]) == (
        production["InstanceType"],
        1,
    )
    models = serving.resources("AWS::SageMaker::Model").values()
    assert sorted(str(model.get("Condition")) for model in models) == [condition, "None"]


def test_every_answer_is_captured_while_the_variant_is_there(lifecycle: Synthesized) -> None:
    capture = lifecycle.serving.only("AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    condition = next(iter(lifecycle.serving.raw["Conditions"]))
    assert capture["EnableCapture"] == {"Fn::If": [condition, True, False]}
    assert capture["InitialSamplingPercentage"] == {"Fn::If": [condition, 100, 0]}


def test_the_rollout_may_write_both_parameters_of_its_stage_and_no_other(
    lifecycle: Synthesized,
) -> None:
    (statement,) = [
        each
        for each in lifecycle.stacks["rollout"].statements()
        if "ssm:PutParameter" in each["Action"]
    ]
    named = [json.dumps(resource) for resource in statement["Resource"]]
    assert [name.rpartition("parameter/")[2].rstrip('"]}') for name in named] == [
        "twin/lifecycle/model",
        "twin/lifecycle/shadow",
    ]


def test_a_stage_without_instances_for_a_shadow_has_nothing_of_it(
    registered: Synthesized,
) -> None:
    assert "shadow" not in json.dumps(registered.serving.raw).lower()
