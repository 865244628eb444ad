"""Service-linked roles, made by services on first use.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
"""

from __future__ import annotations

import json

from ministack.services import iam

from localcloud.ministack_hooks.services import request_scope


def link_role(service: str, name: str, *, account: str, region: str) -> str:
    """Make a service's role in an account, unless there is one, and return the ARN.

    Args:
        service: principal that assumes the role.
        name: of the role.
        account: whose role it is.
        region: of the request that needs it.
    """
    path = f"/aws-service-role/{service}/"
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    with request_scope(account, region):
        if name not in iam._roles:
            iam._create_role(
                {
                    "RoleName": [name],
                    "Path": [path],
                    "AssumeRolePolicyDocument": [json.dumps({"Statement": [trust]})],
                }
            )
        return str(iam._roles[name]["Arn"])
