"""The calls that IAM was asked about, and its answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from localcloud.ministack_hooks.patching import Untyped, wrap

logger = logging.getLogger(__name__)

MOST_CALLS = 50_000
"""Calls that are remembered; the oldest are forgotten first."""


@dataclass(frozen=True)
class Call:
    """A principal's use of an action on a resource.

    Attributes:
        principal: ARN of the session or user; a service's own principal, `sns.amazonaws.com`.
    """

    principal: str
    action: str
    resource: str
    allowed: bool


_calls: dict[Call, None] = {}

_denied: ContextVar[tuple[str, str]] = ContextVar("denied")
"""Action and resource of the present request's last denial."""


def calls() -> list[Call]:
    """List the different calls, in the order of their first times. The root user's are left out."""
    return list(_calls)


def forget_calls() -> None:
    """Begin a new record."""
    _calls.clear()


def remember(call: Call) -> None:
    """Add a call, and log a new one that is denied."""
    if not call.allowed and call not in _calls:
        logger.warning("denied: %s", denial(call.principal, call.action, call.resource))
    _calls[call] = None
    if len(_calls) > MOST_CALLS:
        del _calls[next(iter(_calls))]


def record_calls() -> None:
    """Remember what ministack's evaluator decides, and word denials as AWS does."""
    wrap(iam_evaluator, "enforce", _enforce)
    wrap(iam_actions, "access_denied_response", _word)


def denial(principal: str, action: str, resource: str) -> str:
    """Word a denial: no policy allows it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    text: str = iam_actions.identity_denial_message(action, principal, resource, False)
    return text


def _enforce(
    original: Callable[..., Untyped],
    key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: Mapping[str, Any] | None = None,
) -> Untyped:
    answer = original(key, action, service, region, resource_arn, service_context)
    if isinstance(answer, iam_evaluator.AuthError):
        return answer
    caller = iam_evaluator.resolve_caller_identity(key) or {}
    principal = caller.get("userArn", "")
    if not principal.endswith(":root"):
        remember(Call(principal, action, resource_arn, allowed=answer is None))
    if answer is not None:
        _denied.set((action, resource_arn))
    return answer


def _word(
    original: Callable[..., Untyped],
    service: str,
    action: str,
    principal: str,
    *args: Untyped,
    **kwargs: Untyped,
) -> Untyped:
    failed_otherwise = kwargs.get("error_code") or kwargs.get("resource_policy_arn")
    if not failed_otherwise and not kwargs.get("message"):
        asked, resource = _denied.get((action, kwargs.get("resource_arn", "*")))
        explicit = kwargs.get("explicit_deny", False)
        kwargs["message"] = iam_actions.identity_denial_message(
            _spelled(asked), principal, f'"{resource}"' if service == "s3" else resource, explicit
        )
    return original(service, action, principal, *args, **kwargs)


def _spelled(action: str) -> str:
    """Spell an action as its service does in messages: SQS in small letters, SNS its own name."""
    prefix, _, name = action.partition(":")
    return {"sqs": f"sqs:{name.lower()}", "sns": f"SNS:{name}"}.get(prefix, action)
