"""The roles of a GitHub workflow: one that deploys the stage, one that shows what would change.

docs/decisions/0154-a-workflow-has-two-roles.md
"""

from __future__ import annotations

from collections import defaultdict

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Duration, Environment, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.account_reads import CONDITIONS, account_reads
from stacks.checks import acknowledge_wildcard
from stacks.config import STACKS, CiConfig, StageConfig

# https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
_ISSUER = "token.actions.githubusercontent.com"
_BOOTSTRAP_ROLES = ("deploy", "file-publishing", "lookup")
_SESSION = Duration.hours(2)
"""Longest session, as long as the longest of the workflow's jobs; AWS's own is an hour."""


class CiStack(Stack):
    """Roles that GitHub's OIDC tokens of one repository may assume.

    The deploying role can do nothing itself but assume the roles of CDK's bootstrap and look at
    what `twin doctor` looks at; the comparing role reads the stage's templates.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        ci: CiConfig,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: roles of the workflow of {ci.repository}"
        super().__init__(scope, construct_id, description=description, env=env)
        environment = ci.environment or config.stage
        deploying = self._role("Deploy", ci, f"environment:{environment}")
        deploying.add_to_policy(
            iam.PolicyStatement(
                sid="AssumeBootstrapRoles",
                actions=["sts:AssumeRole"],
                resources=[self._bootstrap_role(name) for name in _BOOTSTRAP_ROLES],
            )
        )
        self._let_doctor_look(deploying, config)
        if config.model.registry:
            self._let_note_versions(deploying, config)
        comparing = self._role("Compare", ci, "pull_request")
        self._let_compare(comparing, config)
        CfnOutput(self, "DeployRoleArn", value=deploying.role_arn)
        CfnOutput(self, "CompareRoleArn", value=comparing.role_arn)

    def _role(self, name: str, ci: CiConfig, subject: str) -> iam.Role:
        """Return a role for tokens with this subject."""
        provider = self._arn("iam", f"oidc-provider/{_ISSUER}", region="")
        # One form of the subject alone: a token by names would let in whoever takes the name next.
        claims = {
            f"{_ISSUER}:aud": "sts.amazonaws.com",
            f"{_ISSUER}:sub": f"repo:{ci.repository}:{subject}",
        }
        return iam.Role(
            self,
            name,
            assumed_by=iam.WebIdentityPrincipal(provider, {"StringEquals": claims}),
            max_session_duration=_SESSION,
        )

    def _let_compare(self, role: iam.Role, config: StageConfig) -> None:
        """Let a role read the stage's stacks and their templates, also of sections to come."""
        names = [config.stack_name(stack) for stack in STACKS]
        if config.model.registry and config.model_registry.account is None:
            names.append(config.registry_stack)
        # A prefix of the stage's name would begin another stage's: twin-prod and twin-prod-eu.
        stacks = [self._arn("cloudformation", f"stack/{name}/*") for name in names]
        role.add_to_policy(
            iam.PolicyStatement(
                sid="ReadOwnStacks",
                actions=["cloudformation:DescribeStacks", "cloudformation:GetTemplate"],
                resources=stacks,
            )
        )
        for stack in stacks:
            reason = "a stack's ARN ends in an id that CloudFormation makes"
            acknowledge_wildcard(role, stack, reason)

    def _let_doctor_look(self, role: iam.Role, config: StageConfig) -> None:
        """Let a role look at the account as `twin doctor` does; CDK's own look is among that."""
        place = {"partition": self.partition, "region": self.region, "account": self.account}
        grouped = defaultdict[tuple[str, ...], list[str]](list)
        for action, arns in account_reads(config).items():
            resources = tuple(arn.format(**place) for arn in arns)
            if action in CONDITIONS:
                role.add_to_policy(self._conditional(action, resources))
            else:
                grouped[resources].append(action)
        for resources, reads in grouped.items():
            role.add_to_policy(iam.PolicyStatement(actions=reads, resources=[*resources]))
            for resource in resources:
                reason = "reads that know no resource, or a name that AWS makes a part of"
                acknowledge_wildcard(role, resource, reason)

    def _conditional(self, action: str, resources: tuple[str, ...]) -> iam.PolicyStatement:
        place = {"region": self.region, "suffix": self.url_suffix}
        conditions = {
            operator: {key: value.format(**place) for key, value in keys.items()}
            for operator, keys in CONDITIONS[action].items()
        }
        return iam.PolicyStatement(actions=[action], resources=[*resources], conditions=conditions)

    def _let_note_versions(self, role: iam.Role, config: StageConfig) -> None:
        """Let `twin deploy` see which directory is a version, and say that none shadows yet."""
        owner = config.model_registry.account or self.account
        versions = f"arn:{self.partition}:sagemaker:{self.region}:{owner}:model-package/*"
        role.add_to_policy(
            iam.PolicyStatement(
                sid="ListVersions",
                actions=["sagemaker:ListModelPackages"],
                resources=[versions],
            )
        )
        acknowledge_wildcard(role, versions, "listing names no version: AWS asks about all of them")
        if (shadow := config.shadow_parameter) is not None:
            role.add_to_policy(
                iam.PolicyStatement(
                    sid="NoShadowYet",
                    actions=["ssm:PutParameter"],
                    resources=[self._arn("ssm", f"parameter{shadow}")],
                )
            )

    def _arn(self, service: str, resource: str, region: str | None = None) -> str:
        region = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"

    def _bootstrap_role(self, name: str) -> str:
        qualifier = DefaultStackSynthesizer.DEFAULT_QUALIFIER
        role = f"role/cdk-{qualifier}-{name}-role-{self.account}-{self.region}"
        return self._arn("iam", role, region="")
