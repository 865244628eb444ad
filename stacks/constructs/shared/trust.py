"""Trust of roles in AWS's services, when those act for this account."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam


def trusted(service: str) -> iam.ServicePrincipal:
    """Return a service as a principal that acts for this account alone.

    Without the condition, somebody who got the service to use the ARN of a role of this account
    could act by it: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    own = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    return iam.ServicePrincipal(f"{service}.amazonaws.com", conditions=own)
