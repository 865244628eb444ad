"""The ports of rollouts to AWS: versions, the parameter, stacks, endpoints and events."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lambda_api.rollouts.schemas import ServedVersion


class NoUpdateError(Exception):
    """A stack that is up to date already."""


class BusyStackError(Exception):
    """A stack whose operation somebody else began since it was looked at."""


class PassingError(Exception):
    """A refusal that may pass: the step is to be taken again."""


@dataclass(frozen=True)
class RegisteredVersion:
    """A version as the registry has it.

    Attributes:
        served: what the parameter says of it.
        status: Approved, Rejected or PendingManualApproval.
        reason: of its approval or rejection.
        approved_by: who gave it, if that is known.
    """

    served: ServedVersion
    status: str
    reason: str
    approved_by: str


@dataclass(frozen=True)
class StackState:
    """A stack.

    Attributes:
        status: CloudFormation's word, such as UPDATE_COMPLETE.
        reason: CloudFormation's reason of that status; empty if there is none.
        outputs: by name.
        parameters: names of its template's parameters.
    """

    status: str
    reason: str
    outputs: Mapping[str, str]
    parameters: Collection[str] = ()

    @property
    def is_busy(self) -> bool:
        """True while an operation runs."""
        return self.status.endswith("_IN_PROGRESS")


class Registry(Protocol):
    """The versions of a group, with their weights."""

    def describe(self, package: str) -> RegisteredVersion | None:
        """Return a version; None if there is none, or it is of another group."""

    def missing_weights(self, version: ServedVersion) -> str | None:
        """Return the first object of a version that is not in the bucket, or not whole."""

    def file(self, version: ServedVersion, name: str) -> bytes | None:
        """Return a small file of a version; None if it has none of this name."""

    def note(self, package: str, key: str, value: str) -> None:
        """Write into a version's metadata."""


class Parameter(Protocol):
    """The parameter that says which version serves."""

    def get(self) -> str | None:
        """Return the value; None before the first one."""

    def put(self, value: str) -> None:
        """Replace the value."""


class Stacks(Protocol):
    """The stacks that serve the model."""

    def describe(self, name: str) -> StackState | None:
        """Return a stack; None if it is not deployed."""

    def update(self, name: str) -> None:
        """Begin an update with the previous template, which reads the parameter anew.

        Raises:
            NoUpdateError: There is nothing to update.
            BusyStackError: Somebody else's operation runs.
        """


class Endpoints(Protocol):
    """The endpoints that really serve."""

    def problem(self, outputs: Mapping[str, str]) -> str | None:
        """Return the difference between an endpoint and the outputs of a stack; None if none."""

    def other_variant(self, outputs: Mapping[str, str]) -> str | None:
        """Return the variant that serves, where the outputs of a stack name another."""


class Events(Protocol):
    """The bus that tells others."""

    def put(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Put an event."""
