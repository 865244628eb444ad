"""A variant's scaling is released before the endpoint's update, and what follows comes after it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.synthesized import Synthesized, Template


def moments(template: Template) -> dict[str, tuple[str, dict[str, Any]]]:
    found = template.resources("Custom::ScalingHandover")
    return {r["Properties"]["Moment"]: (name, r) for name, r in found.items()}


@pytest.mark.parametrize("stack", ["serving", "async"])
def test_the_handover_is_around_the_update_and_before_the_registration(
    full: Synthesized, stack: str
) -> None:
    template = full.stacks[stack]
    before, after = (moments(template)[moment] for moment in ("before", "after"))
    ((endpoint, update),) = template.resources("AWS::SageMaker::Endpoint").items()
    targets = template.resources("AWS::ApplicationAutoScaling::ScalableTarget")
    policies = template.resources("AWS::ApplicationAutoScaling::ScalingPolicy")

    assert before[0] in update["DependsOn"]
    assert endpoint in after[1]["DependsOn"]
    for registered in (*targets.values(), *policies.values()):
        assert after[0] in registered["DependsOn"]
    config = next(iter(template.resources("AWS::SageMaker::EndpointConfig")))
    (variant,) = template.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    for _, resource in (before, after):
        told = resource["Properties"]
        assert told["Config"] == {"Fn::GetAtt": [config, "EndpointConfigName"]}
        assert told["Variant"] == variant["VariantName"]


@pytest.mark.parametrize("stack", ["serving", "async"])
def test_a_function_without_an_answer_holds_nothing_up_for_an_hour(
    full: Synthesized, stack: str
) -> None:
    template = full.stacks[stack]
    function = template.function("lambda_api.handlers.scaling_handover.handler")
    for _, resource in moments(template).values():
        patience = int(resource["Properties"]["ServiceTimeout"])
        assert function["Timeout"] < patience <= function["Timeout"] + 120


def test_copies_of_a_component_keep_their_registration(zero: Synthesized) -> None:
    assert moments(zero.serving) == {}


def test_the_handover_may_do_what_is_asked_of_who_registers_a_target(full: Synthesized) -> None:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
    template = full.serving
    function = template.function("lambda_api.handlers.scaling_handover.handler")
    rights = template.rights(function["Role"]["Fn::GetAtt"][0])
    assert {(a, r) for a, r in rights if a.startswith("sagemaker:")} == {
        ("sagemaker:DescribeEndpoint", "endpoint/twin-prod"),
        ("sagemaker:UpdateEndpointWeightsAndCapacities", "endpoint/twin-prod"),
        ("sagemaker:DescribeEndpointConfig", "endpoint-config/*"),
    }
