"""CloudWatch Logs: what processes of ours print, where the service's API finds it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ministack.services import cloudwatch_logs

from localcloud.ministack_hooks.iam.sessions import Session
from localcloud.ministack_hooks.patching import Untyped, wrap
from localcloud.ministack_hooks.services import request_scope


def delete_logs_while_others_write() -> None:
    """Let groups and streams be deleted while lines of others come in, from whichever thread.

    ministack 1.5.33 looks for a deleted group's lines among those of all, and fails when one is
    added meanwhile.
    """
    for name in ("_forget_log_records_for_group", "_forget_log_records_for_stream"):
        wrap(cloudwatch_logs, name, _again_if_disturbed)


def _again_if_disturbed(original: Callable[..., Untyped], *names: str) -> None:
    while True:
        try:
            original(*names)
        except RuntimeError as error:
            if "changed size during iteration" not in str(error):
                raise
        else:
            return


@dataclass(frozen=True, kw_only=True)
class LogStream:
    """A log stream; it and its group are made when something is first written.

    Attributes:
        session: who writes; without one, the service itself.
    """

    account: str
    region: str
    group: str
    name: str
    session: Session | None = None

    @property
    def arn(self) -> str:
        """ARN of the stream."""
        scope = f"{self.region}:{self.account}"
        return f"arn:aws:logs:{scope}:log-group:{self.group}:log-stream:{self.name}"

    def write(self, lines: Sequence[str]) -> None:
        """Append a batch of events, stamped with the present time. Safe from any thread.

        What the writer may not write is lost, as it is on AWS.
        """
        if not lines or not self._may_write():
            return
        now = int(time.time() * 1000)
        with request_scope(self.account, self.region):
            # Both answer "already exists" from the second time on.
            cloudwatch_logs._create_log_group({"logGroupName": self.group})
            names = {"logGroupName": self.group, "logStreamName": self.name}
            cloudwatch_logs._create_log_stream(names)
            events = [{"timestamp": now, "message": line} for line in lines]
            cloudwatch_logs._put_log_events({**names, "logEvents": events})

    def _may_write(self) -> bool:
        if self.session is None:
            return True
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        if self.group not in cloudwatch_logs._log_groups:
            actions.insert(0, "logs:CreateLogGroup")
        return all(self.session.may(action, self.arn) for action in actions)
