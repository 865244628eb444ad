"""Access to the methods of the API: open, signed, or by key."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigw


@dataclass(frozen=True, kw_only=True)
class MethodAccess:
    """The proof that API Gateway asks of a caller.

    Attributes:
        authorization: kind of proof.
        authorizer: function that decides, when `authorization` is CUSTOM.
        needs_key: true if a usage plan must know the caller's key.
    """

    authorization: apigw.AuthorizationType
    authorizer: apigw.IAuthorizer | None = None
    needs_key: bool = False


OPEN = MethodAccess(authorization=apigw.AuthorizationType.NONE)
"""Anybody: what a client needs before it has a key."""

SIGNED = MethodAccess(authorization=apigw.AuthorizationType.IAM)
"""AWS principals allowed to `execute-api:Invoke`, with SigV4."""
