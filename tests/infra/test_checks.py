"""What a synth refuses, and what the templates are checked for besides."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from synthesized import Synthesized
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

# Actions that know no resources, so that IAM takes nothing but "*":
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
WITHOUT_RESOURCES = {
    "ecr:GetAuthorizationToken",
    "cloudwatch:PutMetricData",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
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


def test_no_policy_allows_everything_on_what_has_resources(stage: Synthesized) -> None:
    allowed = [
        statement
        for policy in stage.properties("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    for statement in allowed:
        actions = statement["Action"]
        names = {actions} if isinstance(actions, str) else set(actions)
        assert not [name for name in names if "*" in name]
        if statement["Resource"] == "*":
            assert names <= WITHOUT_RESOURCES


def test_no_environment_holds_a_secret(stage: Synthesized) -> None:
    functions = stage.properties("AWS::Lambda::Function")
    environments = [
        *(f["Environment"]["Variables"] for f in functions if "Environment" in f),
        stage.only("AWS::SageMaker::Model")["PrimaryContainer"]["Environment"],
    ]
    names = " ".join(name for environment in environments for name in environment)
    assert not re.search(r"TOKEN|SECRET|PASSWORD|API_KEY", names.upper())
    assert not re.search(r"hf_\w{20}|AKIA\w{12}|resolve:secretsmanager", json.dumps(environments))


def test_every_resource_that_takes_tags_is_tagged(stage: Synthesized) -> None:
    for kind in ("AWS::SageMaker::Endpoint", "AWS::Lambda::Function", "AWS::S3::Bucket"):
        for properties in stage.properties(kind):
            assert {"Key": "project", "Value": "llm-twin"} in properties["Tags"]


def test_templates_are_clean_for_cfn_lint(local: Synthesized, prod: Synthesized) -> None:
    templates = [str(p) for s in (local, prod) for p in s.assembly.glob("*.template.json")]
    # W3005 calls out the DependsOn that CDK writes beside a reference; both are right.
    lint = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005", "--"]
    done = subprocess.run([*lint, *templates], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def scrub(template: dict[str, Any]) -> dict[str, Any]:
    """Take out what changes with content: digests of assets, and ids derived from them."""
    text = re.sub(r"[0-9a-f]{64}", "<digest>", json.dumps(template))
    scrubbed: dict[str, Any] = json.loads(re.sub(r"(Deployment)[0-9a-f]{40}", r"\1<digest>", text))
    return scrubbed


@pytest.mark.parametrize("name", ["serving", "api"])
def test_template_is_the_reviewed_one(
    stage: Synthesized, name: str, snapshot: SnapshotAssertion
) -> None:
    template = scrub(getattr(stage, name))
    assert template == snapshot(extension_class=JSONSnapshotExtension)
