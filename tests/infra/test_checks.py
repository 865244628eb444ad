"""What a synth refuses, and what the templates are checked for besides."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.support.synthesized import Synthesized

# Actions that know no resources, so that IAM takes nothing but "*":
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
WITHOUT_RESOURCES = {
    "ecr:GetAuthorizationToken",
    "cloudwatch:PutMetricData",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "sagemaker:ListTransformJobs",
    *(
        f"application-autoscaling:Describe{what}"
        for what in ("ScalableTargets", "ScalingPolicies", "ScheduledActions")
    ),
}


def test_a_synth_fails_on_a_finding_nobody_acknowledged(tmp_path: Path) -> None:
    from aws_cdk import App, Stack
    from aws_cdk import aws_s3 as s3

    from stacks.checks import add_checks

    app = App(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "Careless"), "Bucket")
    add_checks(app)
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()


def test_no_policy_allows_everything_on_what_has_resources(any_stage: Synthesized) -> None:
    allowed = [s for template in any_stage.stacks.values() for s in template.statements()]
    for statement in allowed:
        actions = statement["Action"]
        names = {actions} if isinstance(actions, str) else set(actions)
        assert not [name for name in names if "*" in name]
        if statement["Resource"] == "*":
            assert names <= WITHOUT_RESOURCES


def test_roles_trust_services_that_act_for_this_account_alone(any_stage: Synthesized) -> None:
    own = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    for role in any_stage.properties("AWS::IAM::Role"):
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        # API Gateway writes access logs by one role of the account, which all APIs of it share.
        if trust["Principal"]["Service"] != "apigateway.amazonaws.com":
            condition = trust["Condition"]["StringEquals"]
            assert condition["aws:SourceAccount"] == own["StringEquals"]["aws:SourceAccount"]


def test_every_stack_has_the_tag_by_which_a_stage_is_found(any_stage: Synthesized) -> None:
    manifest = json.loads((any_stage.assembly / "manifest.json").read_text())
    stacks = [a for a in manifest["artifacts"].values() if a["type"] == "aws:cloudformation:stack"]
    assert stacks
    for stack in stacks:
        if stack["properties"]["templateFile"] == "twin-registry.template.json":
            continue  # of all stages
        assert stack["properties"]["tags"]["llm-twin:stage"].startswith("twin-")


def test_faults_tell_one_topic_and_scaling_tells_nobody(
    prod: Synthesized, alarmed: Synthesized
) -> None:
    told = alarmed.stacks["alarms"].only("AWS::SNS::Subscription")
    assert told["Endpoint"] == "oncall@example.com"
    for name in ("serving", "async", "batch", "api"):
        for alarm in alarmed.stacks[name].properties("AWS::CloudWatch::Alarm"):
            assert len(alarm["AlarmActions"]) == 1
    assert "alarms" not in prod.stacks


def test_no_environment_holds_a_secret(any_stage: Synthesized) -> None:
    functions = any_stage.properties("AWS::Lambda::Function")
    environments = [
        *(f["Environment"]["Variables"] for f in functions if "Environment" in f),
        *(
            m["PrimaryContainer"]["Environment"]
            for m in any_stage.properties("AWS::SageMaker::Model")
        ),
    ]
    names = " ".join(
        name for environment in environments for name in environment if not name.endswith("_ARN")
    )
    assert not re.search(r"TOKEN|SECRET|PASSWORD|API_KEY", names.upper())
    assert not re.search(r"hf_\w{20}|AKIA\w{12}|resolve:secretsmanager", json.dumps(environments))


def test_every_resource_that_takes_tags_is_tagged(any_stage: Synthesized) -> None:
    for kind in (
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::InferenceComponent",
        "AWS::Lambda::Function",
        "AWS::S3::Bucket",
        "AWS::DynamoDB::Table",
    ):
        for properties in any_stage.properties(kind):
            assert {"Key": "project", "Value": "llm-twin"} in properties["Tags"]


def test_templates_are_clean_for_cfn_lint(
    local: Synthesized,
    snapped: Synthesized,
    full: Synthesized,
    bare: Synthesized,
    zero: Synthesized,
    pooled: Synthesized,
    registered: Synthesized,
) -> None:
    stages = (local, snapped, full, bare, zero, pooled, registered)
    templates = [str(p) for s in stages for p in s.assembly.glob("*.template.json")]
    # W3005 calls out the DependsOn that CDK writes beside a reference; both are right.
    lint = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005", "--"]
    done = subprocess.run([*lint, *templates], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def scrub(template: dict[str, Any]) -> dict[str, Any]:
    """Take out what changes with content: digests of assets, and ids derived from them."""
    text = re.sub(r"[0-9a-f]{64}", "<digest>", json.dumps(template))
    scrubbed: dict[str, Any] = json.loads(re.sub(r"(Deployment)[0-9a-f]{40}", r"\1<digest>", text))
    return scrubbed


@pytest.mark.parametrize("name", ["serving", "async", "batch", "api"])
def test_template_is_the_reviewed_one(
    stage: Synthesized, name: str, snapshot: SnapshotAssertion
) -> None:
    assert scrub(stage.stacks[name].raw) == snapshot(extension_class=JSONSnapshotExtension)


def test_the_retrieval_template_is_the_reviewed_one(
    local: Synthesized, snapshot: SnapshotAssertion
) -> None:
    template = local.stacks["retrieval"].raw
    assert scrub(template) == snapshot(extension_class=JSONSnapshotExtension)


def test_the_template_of_a_function_with_the_model_is_the_reviewed_one(
    tiny: Synthesized, snapshot: SnapshotAssertion
) -> None:
    assert scrub(tiny.api.raw) == snapshot(extension_class=JSONSnapshotExtension)


def test_the_resources_of_vectors_are_the_reviewed_ones(
    vectored: Synthesized, local: Synthesized, snapshot: SnapshotAssertion
) -> None:
    """All that differs from the retrieval template above."""
    before, after = (scrub(one.stacks["retrieval"].raw)["Resources"] for one in (local, vectored))
    differing = {name: found for name, found in after.items() if before.get(name) != found}
    assert differing == snapshot(extension_class=JSONSnapshotExtension)


@pytest.mark.parametrize("way", ["zero", "pooled"])
def test_serving_template_of_another_way_to_scale_is_the_reviewed_one(
    way: str, request: pytest.FixtureRequest, snapshot: SnapshotAssertion
) -> None:
    synthesized: Synthesized = request.getfixturevalue(way)
    assert scrub(synthesized.serving.raw) == snapshot(extension_class=JSONSnapshotExtension)
