"""The roles of the workflow: who may assume them, and all that they may do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from doctor.checks.bootstrap import LEAST_VERSION
from stacks.account_reads import BOOTSTRAP_VERSION, account_reads
from stacks.config import STACKS, StageConfig, load_stage
from tests.support import stage_files
from tests.support.project import PROJECT
from tests.support.synthesized import Synthesized, Template

REPOSITORY = "acme@123456/twin@456789"
ISSUER = "token.actions.githubusercontent.com"
WORKFLOW = PROJECT / ".github" / "workflows" / "deploy.yml"

S3, ARCHIVE = "s3://weights/twin/v1/", "s3://weights/twin/v1.tar.gz"
WEBHOOK = {
    "url": "https://example.com/hooks",
    "secret_name": "twin/webhook",
    "key_arn": "arn:aws:kms:us-east-1:111122223333:key/1",
}


@pytest.fixture(scope="module")
def stage(project: Path) -> StageConfig:
    """A stage of which doctor looks at as much as there is."""
    changes = {"model__hub": None, "model__revision": None, "model__s3": S3}
    changes |= {"batch__model_archive": ARCHIVE, "async__webhook": WEBHOOK}
    return stage_files.load(project, stage_files.PROD, **changes)


@pytest.fixture(scope="module")
def ci(synthesize: Callable[..., Synthesized], stage: StageConfig) -> Template:
    made = synthesize(
        "prod",
        ci={"repository": REPOSITORY, "environment": "live"},
        model={"hub": None, "revision": None, "s3": S3},
        batch={"model_archive": ARCHIVE},
        asynchronous={"webhook": WEBHOOK},
    )
    return made.stacks["ci"]


def role(ci: Template, name: str) -> str:
    """The logical id of the role that begins with a name."""
    (found,) = [key for key in ci.resources("AWS::IAM::Role") if key.startswith(name)]
    return found


@pytest.fixture(scope="module")
def registry_ci(synthesize: Callable[..., Synthesized]) -> Template:
    """The roles of a stage with a registry, for a repository whose tokens hold no ids."""
    return synthesize("lifecycle", ci={"repository": "acme/twin"}).stacks["ci"]


@pytest.mark.parametrize(
    ("stack", "name", "subject"),
    [
        ("ci", "Deploy", f"repo:{REPOSITORY}:environment:live"),
        ("ci", "Compare", f"repo:{REPOSITORY}:pull_request"),
        ("registry_ci", "Deploy", "repo:acme/twin:environment:lifecycle"),
        ("registry_ci", "Compare", "repo:acme/twin:pull_request"),
    ],
)
def test_tokens_of_one_subject_in_one_form_are_trusted(
    request: pytest.FixtureRequest, stack: str, name: str, subject: str
) -> None:
    ci: Template = request.getfixturevalue(stack)
    trust = ci.resources("AWS::IAM::Role")[role(ci, name)]["Properties"]["AssumeRolePolicyDocument"]
    (statement,) = trust["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}
    }


def test_the_deploying_role_looks_as_doctor_does_and_deploys_by_the_bootstraps_roles(
    ci: Template, stage: StageConfig
) -> None:
    rights = ci.rights(role(ci, "Deploy"))
    reads = account_reads(stage)
    assert {action for action, _ in rights} == {"sts:AssumeRole", *reads}
    # Whatever can be asked of one resource is granted on that.
    everywhere = {action for action, resource in rights if resource == "*"}
    assert everywhere == {action for action, resources in reads.items() if resources == ("*",)}


def test_the_deploying_role_of_a_registrys_stage_sees_which_versions_there_are(
    registry_ci: Template,
) -> None:
    rights = registry_ci.rights(role(registry_ci, "Deploy"))
    assert ("sagemaker:ListModelPackages", "model-package/*") in rights
    assert ("ssm:PutParameter", "parameter/twin/lifecycle/shadow") in rights


def test_the_comparing_role_reads_the_templates_of_the_stages_own_stacks(ci: Template) -> None:
    rights = ci.rights(role(ci, "Compare"))
    actions = ("cloudformation:DescribeStacks", "cloudformation:GetTemplate")
    # Also of a stack that a pull request adds, and none of stage prod-eu.
    stacks = [f"stack/twin-prod-{name}/*" for name in STACKS]
    assert rights == {(action, stack) for action in actions for stack in stacks}


def test_the_comparing_role_reads_the_template_of_the_stages_registry(
    registry_ci: Template,
) -> None:
    rights = registry_ci.rights(role(registry_ci, "Compare"))
    assert ("cloudformation:GetTemplate", "stack/twin-registry/*") in rights


def test_a_role_may_be_assumed_for_as_long_as_the_workflow_asks(ci: Template) -> None:
    (seconds,) = re.findall(r"role-duration-seconds: (\d+)", WORKFLOW.read_text())
    for name in ("Deploy", "Compare"):
        properties = ci.resources("AWS::IAM::Role")[role(ci, name)]["Properties"]
        assert properties["MaxSessionDuration"] == int(seconds)


@pytest.mark.parametrize("name", ["dev", "lifecycle", "local", "prod", "tiny"])
def test_each_read_names_a_resource(project: Path, name: str) -> None:
    """A statement without one is refused: of a stage without an image, say."""
    assert all(account_reads(load_stage(name, project)).values())


def test_a_stage_without_ci_has_no_such_stack(prod: Synthesized) -> None:
    assert "ci" not in prod.stacks


def test_config_knows_the_stacks_and_the_bootstrap_of_a_synth(prod: Synthesized) -> None:
    config = load_stage("prod", PROJECT)
    assert {f"twin-prod-{name}" for name in prod.stacks} == {*config.stack_names}
    for template in prod.stacks.values():
        assert template.raw["Parameters"]["BootstrapVersion"]["Default"] == BOOTSTRAP_VERSION
        (rule,) = template.raw["Rules"]["CheckBootstrapVersion"]["Assertions"]
        (refused, _) = rule["Assert"]["Fn::Not"][0]["Fn::Contains"]
        assert refused == [str(version) for version in range(1, LEAST_VERSION)]
