"""Roles in the hands of services: trusted, checked, and with credentials."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from functools import cached_property

import ministack.app as ministack_app
from ministack.core import iam_evaluator
from ministack.services import iam, sts

from localcloud.ministack_hooks.iam.record import Call, denial, remember
from localcloud.ministack_hooks.patching import Untyped
from localcloud.ministack_hooks.services import request_scope


class AccessDeniedError(Exception):
    """IAM denies; the text is AWS's."""


def is_enforced() -> bool:
    """Tell whether policies count."""
    on: bool = ministack_app.AUTH
    return on


@dataclass(frozen=True)
class Session:
    """A role that a service has assumed; what the service does then is the role's doing.

    Attributes:
        role: ARN of the role.
        name: name of the session, as the service chooses it.
    """

    role: str
    name: str
    region: str

    @property
    def account(self) -> str:
        """Account of the role."""
        return self.role.split(":")[4]

    @property
    def arn(self) -> str:
        """ARN by which policies and messages know the session."""
        role = self.role.rpartition("/")[2]
        return f"arn:aws:sts::{self.account}:assumed-role/{role}/{self.name}"

    @cached_property
    def credentials(self) -> Mapping[str, str]:
        """Access key, secret and token, by the names of their environment variables."""
        if not is_enforced():
            return {"AWS_ACCESS_KEY_ID": self.account, "AWS_SECRET_ACCESS_KEY": "local"}
        digest = hashlib.sha256(f"{self.arn}:{self.region}".encode()).hexdigest()
        secret, token = digest[16:56], digest[::-1]
        key = f"ASIA{digest[:16].upper()}"
        record = {"SecretAccessKey": secret, "SessionToken": token, "UserId": f"AROA:{self.name}"}
        sts.register_session(key, {"Arn": self.arn, **record})
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": token,
        }

    def require(self, action: str, resource: str) -> None:
        """Ask IAM for an action on a resource.

        Args:
            action: For example `sns:Publish`.
            resource: An ARN, or `*`.

        Raises:
            AccessDeniedError: No policy allows it.
        """
        if not is_enforced():
            return
        # Nothing of a request that is being answered may be taken for this one's.
        denied = Context().run(self._ask, action, resource)
        if denied is not None:
            raise AccessDeniedError(denial(self.arn, action, resource))

    def may(self, action: str, resource: str) -> bool:
        """Tell whether IAM allows an action on a resource."""
        try:
            self.require(action, resource)
        except AccessDeniedError:
            return False
        return True

    def _ask(self, action: str, resource: str) -> Untyped:
        with request_scope(self.account, self.region):
            return iam_evaluator.enforce(
                self.credentials["AWS_ACCESS_KEY_ID"],
                action,
                action.partition(":")[0],
                self.region,
                resource_arn=resource,
            )


def trusts(role: str, service: str, source: str = "") -> bool:
    """Tell whether a role is there, and lets a service assume it.

    Args:
        role: ARN of the role.
        service: For example `lambda.amazonaws.com`.
        source: ARN of the resource for which the service acts.
    """
    if not is_enforced():
        return True
    account = role.split(":")[4]
    found = iam._roles.get_scoped(account, None, role.rpartition("/")[2])
    if found is None:
        return False
    return allows_service(
        found["AssumeRolePolicyDocument"],
        service,
        "sts:AssumeRole",
        role,
        account=account,
        source=source,
    )


def allows_service(
    policy: Untyped, service: str, action: str, resource: str, *, account: str, source: str = ""
) -> bool:
    """Tell whether a resource's own policy lets a service use an action.

    Args:
        policy: The policy of the resource.
        service: For example `sns.amazonaws.com`.
        action: For example `lambda:InvokeFunction`.
        resource: ARN of the resource.
        account: Account for which the service acts.
        source: ARN of the resource for which the service acts.
    """
    if not is_enforced():
        return True
    keys = {"aws:sourceaccount": account, "aws:sourcearn": source or None}
    region = resource.split(":")[3]
    request = iam_evaluator.EvalContext(
        "*", "Service", "", action, resource, region, service_context=keys
    )
    decision = iam_evaluator.evaluate_resource_policy(policy, request, service=service).decision
    allowed = bool(decision == "Allow")
    remember(Call(service, action, f"{resource} for {source}" if source else resource, allowed))
    return allowed
