"""The rules every synth must pass: cdk-nag's AwsSolutions pack."""

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct


def add_checks(app: App) -> None:
    """Fail the synth of an app that breaks a rule nobody acknowledged."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding on a construct and everything below it.

    Args:
        construct: where the rule is broken.
        rule: id of the finding, e.g. "AwsSolutions-IAM5[Resource::*]".
        reason: why that is right here.
    """
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
