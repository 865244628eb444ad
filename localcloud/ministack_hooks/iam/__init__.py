"""IAM: requests and deliveries that need what a policy allows, and a record of who did what.

ministack checks the requests that reach its own services, behind a switch. Added here: the services
that are ours, work that services do in a role's name, and services' own right to invoke functions.

Decision: 0141, the local cloud enforces IAM.
"""

from __future__ import annotations

from localcloud.ministack_hooks.iam.deliveries import check_deliveries
from localcloud.ministack_hooks.iam.record import Call, calls, forget_calls, record_calls
from localcloud.ministack_hooks.iam.requests import check_requests, require
from localcloud.ministack_hooks.iam.resources import add_resource_policies, sagemaker_resource
from localcloud.ministack_hooks.iam.service_linked_roles import link_role
from localcloud.ministack_hooks.iam.sessions import AccessDeniedError, Session, trusts
from localcloud.ministack_hooks.iam.state_machines import check_state_machines, execution_session

__all__ = [
    "AccessDeniedError",
    "Call",
    "Session",
    "add_resource_policies",
    "calls",
    "enforce_policies",
    "execution_session",
    "forget_calls",
    "link_role",
    "require",
    "sagemaker_resource",
    "trusts",
]


def enforce_policies() -> None:
    """Have policies count everywhere. To be called when all other hooks are in place."""
    record_calls()
    check_requests()
    check_deliveries()
    check_state_machines()
