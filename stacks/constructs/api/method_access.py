"""Who may call a method of the API."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigw


@dataclass(frozen=True, kw_only=True)
class MethodAccess:
    """What API Gateway asks of a caller.

    Attributes:
        authorization: how the caller is known.
        authorizer: who decides, when `authorization` is CUSTOM.
        needs_key: whether a usage plan must know the caller's key.
    """

    authorization: apigw.AuthorizationType
    authorizer: apigw.IAuthorizer | None = None
    needs_key: bool = False


OPEN = MethodAccess(authorization=apigw.AuthorizationType.NONE)
"""Anybody: what a client needs before it has a key."""

SIGNED = MethodAccess(authorization=apigw.AuthorizationType.IAM)
"""AWS principals allowed to `execute-api:Invoke`, with SigV4."""
