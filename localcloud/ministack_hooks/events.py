"""EventBridge: events of our services' own, on the default bus."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import eventbridge

from localcloud.ministack_hooks.services import request_scope


def put_event(
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Sequence[str],
    *,
    account: str,
    region: str,
) -> None:
    """Put an event of AWS's own, such as `aws.sagemaker`, on the account's default bus."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": list(resources),
    }
    with request_scope(account, region):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
