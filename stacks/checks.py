"""The rules every synth must pass: cdk-nag's AwsSolutions pack."""

from __future__ import annotations

import re
from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct


def add_checks(app: App) -> None:
    """Fail the synth of an app that breaks a rule nobody acknowledged."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding on a construct and everything below.

    Args:
        construct: the construct that breaks the rule.
        rule: id of the finding, e.g. "AwsSolutions-IAM5[Resource::*]".
        reason: why that is right here.
    """
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_wildcard(construct: IConstruct, resource: str, reason: str) -> None:
    """Accept that a policy below a construct names resources by a wildcard.

    Args:
        construct: the construct with the policy.
        resource: the ARN with the wildcard; it may hold tokens.
        reason: why that is right here.
    """
    spelled = _as_in_findings(Stack.of(construct).resolve(resource))
    acknowledge(construct, f"AwsSolutions-IAM5[Resource::{spelled}]", reason)


def _as_in_findings(value: Any) -> str:  # noqa: ANN401 - any CloudFormation value
    """Spell a resolved value as cdk-nag does: a reference is its target in angle brackets."""
    match value:
        case {"Ref": target}:
            return f"<{target}>"
        case {"Fn::GetAtt": [target, attribute]}:
            return f"<{target}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return str(name)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_as_in_findings(part) for part in parts)
        case {"Fn::Sub": template}:
            return re.sub(r"\$\{(.+?)\}", r"<\1>", template)
        case _:
            return str(value)
