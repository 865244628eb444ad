"""The request of a rollout, read from the input of its execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_api.errors import InvalidRequestError
from lambda_api.rollouts.schemas import Trigger

CHECKED = "Model Version Checked"
"""Detail type of the event after a version was kept."""

_COMMANDS: tuple[Trigger, ...] = ("rollout", "rollback", "resume", "shadow")


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        trigger: the event or command.
        package: ARN of the version; empty where the history says which.
        event_id: id of the event, which may come twice; empty for a command.
        reason: given with a command.
        asked_by: who gave the command.
        share: of the requests that the version is to shadow; 0 ends a shadow.
    """

    trigger: Trigger
    package: str
    event_id: str = ""
    reason: str = ""
    asked_by: str = ""
    share: float = 0.0

    @property
    def is_resumed(self) -> bool:
        """True for a rollout that was cut short before."""
        return self.trigger == "resume"

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Request:
        """Read an EventBridge event, or a command of `twin model`.

        Raises:
            InvalidRequestError: It is neither.
        """
        command = given.get("command")
        if command in _COMMANDS:
            return cls(
                command,
                str(given.get("package", "")),
                reason=str(given.get("reason", "")),
                asked_by=str(given.get("asked_by", "")),
                share=_share(given.get("share", 0)),
            )
        detail = given.get("detail")
        if not isinstance(detail, Mapping) or "ModelPackageArn" not in detail:
            raise InvalidRequestError(
                f"got an input with {', '.join(sorted(given)) or 'nothing'}; must be an event of a "
                f"model package, or a command of {', '.join(_COMMANDS)}"
            )
        trigger: Trigger = "approval"
        if given.get("detail-type") == CHECKED:
            trigger = "after"
        elif detail.get("ModelApprovalStatus") == "Rejected":
            trigger = "rejection"
        return cls(trigger, str(detail["ModelPackageArn"]), event_id=str(given.get("id", "")))


def _share(given: object) -> float:
    if not isinstance(given, int | float) or not 0 <= given <= 1:
        raise InvalidRequestError(f"share: got {given!r}; must be from 0 to 1")
    return float(given)
