"""What carries the engines' metrics: there when scaling follows them, each minute, and modest."""

from __future__ import annotations

from lambda_api.engine.metrics_bridge import QUEUED_REQUESTS
from tests.support.synthesized import Synthesized, Template

HANDLER = "lambda_api.handlers.engine_metrics.handler"


def handlers(template: Template) -> set[str]:
    return {function["Handler"] for function in template.properties("AWS::Lambda::Function")}


def test_only_a_stage_that_scales_by_them_carries_them(
    pooled: Synthesized, bare: Synthesized
) -> None:
    assert handlers(pooled.api) - handlers(bare.api) == {HANDLER}


def test_it_runs_each_minute_and_is_not_tried_again(pooled: Synthesized) -> None:
    rule, config = pooled.api.scheduled(HANDLER)
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60)


def test_it_may_ask_and_put_metrics_of_one_namespace(pooled: Synthesized) -> None:
    role = pooled.api.function(HANDLER)["Role"]["Fn::GetAtt"][0]
    actions = {action for action, _ in pooled.api.rights(role)}
    assert {action for action in actions if not action.startswith(("logs:", "xray:"))} == {
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "cloudwatch:PutMetricData",
    }
    put = [s for s in pooled.api.statements() if "cloudwatch:PutMetricData" in s["Action"]]
    namespace = {"StringEquals": {"cloudwatch:namespace": "twin"}}
    assert put
    assert all(statement["Condition"] == namespace for statement in put)


def test_the_policy_follows_what_the_function_puts(pooled: Synthesized) -> None:
    policy = pooled.serving.only("AWS::ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    followed = tracking["CustomizedMetricSpecification"]
    variables = pooled.api.function(HANDLER)["Environment"]["Variables"]
    assert (followed["MetricName"], followed["Namespace"], followed["Dimensions"]) == (
        QUEUED_REQUESTS,
        variables["POWERTOOLS_METRICS_NAMESPACE"],
        [{"Name": "EndpointName", "Value": variables["TWIN_ENDPOINT_NAME"]}],
    )
