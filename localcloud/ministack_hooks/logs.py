"""CloudWatch Logs: what processes of ours print, where the service's API finds it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ministack.services import cloudwatch_logs

from localcloud.ministack_hooks.services import request_scope


@dataclass(frozen=True, kw_only=True)
class LogStream:
    """A log stream; it and its group are made when something is first written."""

    account: str
    region: str
    group: str
    name: str

    def write(self, lines: Sequence[str]) -> None:
        """Append a batch of events, stamped with the present time. Safe from any thread."""
        if not lines:
            return
        now = int(time.time() * 1000)
        with request_scope(self.account, self.region):
            # Both answer "already exists" from the second time on.
            cloudwatch_logs._create_log_group({"logGroupName": self.group})
            names = {"logGroupName": self.group, "logStreamName": self.name}
            cloudwatch_logs._create_log_stream(names)
            events = [{"timestamp": now, "message": line} for line in lines]
            cloudwatch_logs._put_log_events({**names, "logEvents": events})
