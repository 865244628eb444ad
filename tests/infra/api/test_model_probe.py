"""The probe: there unless the endpoint goes to zero, each minute, modest, and with an alarm."""

from __future__ import annotations

import pytest

from lambda_api.engine.model_probe import PROBE_SUCCESS
from lambda_api.handlers.model_probe import MOST_SECONDS
from tests.support.synthesized import Synthesized

HANDLER = "lambda_api.handlers.model_probe.handler"


def test_a_stage_is_probed_each_minute_and_not_twice(local: Synthesized) -> None:
    function = local.api.function(HANDLER)
    rule, config = local.api.scheduled(HANDLER)
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60)
    assert MOST_SECONDS < function["Timeout"] < 60


def test_an_endpoint_that_goes_to_zero_is_let_sleep(zero: Synthesized) -> None:
    handlers = {f["Handler"] for f in zero.api.properties("AWS::Lambda::Function")}
    assert HANDLER not in handlers
    alarms = zero.api.properties("AWS::CloudWatch::Alarm")
    assert PROBE_SUCCESS not in {alarm["MetricName"] for alarm in alarms}


def test_it_may_ask_the_one_endpoint_and_put_metrics_of_one_namespace(prod: Synthesized) -> None:
    role = prod.api.function(HANDLER)["Role"]["Fn::GetAtt"][0]
    rights = {
        (action, resource)
        for action, resource in prod.api.rights(role)
        if not action.startswith(("logs:", "xray:"))
    }
    assert {action for action, _ in rights} == {
        "cloudwatch:PutMetricData",
        "sagemaker:InvokeEndpoint",
    }
    assert dict(rights)["sagemaker:InvokeEndpoint"] != "*"
    put = [s for s in prod.api.statements() if "cloudwatch:PutMetricData" in s["Action"]]
    namespace = {"StringEquals": {"cloudwatch:namespace": "twin"}}
    assert put
    assert all(statement["Condition"] == namespace for statement in put)


@pytest.mark.parametrize("stage", ["local", "prod"], indirect=True)
def test_the_alarm_follows_what_the_function_puts_and_takes_silence_for_failure(
    stage: Synthesized,
) -> None:
    alarms = stage.api.properties("AWS::CloudWatch::Alarm")
    (alarm,) = [alarm for alarm in alarms if alarm["MetricName"] == PROBE_SUCCESS]
    variables = stage.api.function(HANDLER)["Environment"]["Variables"]
    assert (alarm["MetricName"], alarm["Namespace"], alarm["Dimensions"]) == (
        PROBE_SUCCESS,
        variables["POWERTOOLS_METRICS_NAMESPACE"],
        [{"Name": "EndpointName", "Value": variables["TWIN_ENDPOINT_NAME"]}],
    )
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (3, "breaching")
