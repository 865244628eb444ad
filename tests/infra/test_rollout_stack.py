"""The rollout's stack: rights, the events that start one, and the states."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from lambda_api.rollouts import deployment, golden_check
from lambda_api.rollouts.settings import RolloutSettings
from lambda_api.settings import Settings
from stacks.constructs.rollout import definition
from tests.support.synthesized import Synthesized

HANDLER = "lambda_api.handlers.rollout.handler"


def test_the_function_may_do_this_and_no_more(registered: Synthesized) -> None:
    rollout = registered.stacks["rollout"]
    (role,) = [name for name in rollout.resources("AWS::IAM::Role") if name.startswith("StepsRun")]
    rights = {action for action, _ in rollout.rights(role)}
    assert rights == {
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:UpdateStack",
        "events:PutEvents",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeModelPackage",
        "sagemaker:InvokeEndpointWithResponseStream",
        "sagemaker:UpdateModelPackage",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:PutParameter",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }


def test_no_role_is_passed_and_only_the_rollout_writes_the_parameter(
    registered: Synthesized,
) -> None:
    for name, template in registered.stacks.items():
        text = json.dumps(template.statements())
        assert "iam:PassRole" not in text
        assert ("ssm:PutParameter" in text) is (name == "rollout")


def test_stacks_and_parameter_are_named(registered: Synthesized) -> None:
    for statement in registered.stacks["rollout"].statements():
        text = json.dumps(statement["Resource"])
        if "cloudformation:UpdateStack" in statement["Action"]:
            for stack in ("serving", "async", "batch"):
                assert f"stack/twin-prod-{stack}/*" in text
        if "ssm:PutParameter" in statement["Action"]:
            assert "parameter/twin/prod/model" in text


def test_a_slice_of_checks_fits_the_function_and_all_of_them_the_rollout(
    registered: Synthesized,
) -> None:
    function = registered.stacks["rollout"].function("lambda_api.handlers.rollout.handler")
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
    last_answer = 8 * 60
    assert golden_check.SLICE_SECONDS + last_answer + 60 <= function["Timeout"]
    longest = golden_check.LONGEST_SECONDS + golden_check.SLICE_SECONDS + last_answer
    assert 2 * deployment.LONGEST_SECONDS + longest <= definition.LONGEST_SECONDS


def test_every_parameter_of_a_stack_that_is_updated_may_be_read(registered: Synthesized) -> None:
    read, written = (
        {
            resource
            for policy in registered.stacks["rollout"].resources("AWS::IAM::Role")
            for action, resource in registered.stacks["rollout"].rights(policy)
            if action == asked
        }
        for asked in ("ssm:GetParameters", "ssm:PutParameter")
    )
    named = {
        f"parameter{parameter['Default']}"
        for stack in ("serving", "async", "batch")
        for parameter in registered.stacks[stack].raw["Parameters"].values()
        if parameter["Type"].startswith("AWS::SSM::Parameter::Value")
    }
    assert read == named == {"parameter/cdk-bootstrap/hnb659fds/version", *written}


def test_only_a_change_of_approval_starts_a_rollout(lifecycle: Synthesized) -> None:
    pattern = lifecycle.stacks["rollout"].only("AWS::Events::Rule")["EventPattern"]
    assert pattern["detail"] == {
        "ModelPackageGroupName": ["twin"],
        "ModelApprovalStatus": ["Approved", "Rejected"],
        "UpdatedModelPackageFields": ["ModelApprovalStatus"],
    }


def test_a_stage_may_wait_for_another_ones_check(registered: Synthesized) -> None:
    rules = registered.stacks["rollout"].properties("AWS::Events::Rule")
    patterns = {rule["EventPattern"]["source"][0]: rule["EventPattern"] for rule in rules}
    assert patterns["twin.rollout"]["detail"] == {"Stage": ["dev"]}
    assert patterns["aws.sagemaker"]["detail"]["ModelApprovalStatus"] == ["Rejected"]


def test_a_manual_stage_is_started_by_commands_alone(
    synthesize: Callable[..., Synthesized],
) -> None:
    manual = synthesize("lifecycle", rollout={"deploy": "manual", "reject_rolls_back": False})
    assert manual.stacks["rollout"].properties("AWS::Events::Rule") == []


@pytest.mark.parametrize("stage", ["registered", "lifecycle"])
def test_settings_accept_what_the_stack_writes(
    stage: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesized: Synthesized = request.getfixturevalue(stage)
    written = synthesized.stacks["rollout"].environment(HANDLER)
    for name, value in written.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().endpoint_name.startswith("twin-")
    settings = RolloutSettings.from_environment()
    assert settings.version_parameter.endswith("/model")
    assert settings.event_source == "twin.rollout"
    assert settings.golden_pass == (0.9 if stage == "registered" else 1.0)
    absent = {"TWIN_SHADOW_PARAMETER"} if stage == "registered" else set()
    names = {f"TWIN_{name.upper()}" for name in RolloutSettings.model_fields}
    assert names - written.keys() == absent


def test_a_stage_without_a_registry_has_no_rollout(prod: Synthesized) -> None:
    assert "rollout" not in prod.stacks
    assert "Parameters" not in prod.serving.raw or "ModelVersion" not in prod.serving.raw.get(
        "Parameters", {}
    )


def test_the_rollout_imports_nothing(synthesize: Callable[..., Synthesized]) -> None:
    alarmed = synthesize("lifecycle", alarms={"email": "oncall@example.com"})
    rollout = alarmed.stacks["rollout"]
    assert "Fn::ImportValue" not in json.dumps(rollout.raw)
    assert rollout.only("AWS::CloudWatch::Alarm")["AlarmActions"]
