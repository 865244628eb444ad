"""A rollout as the state machine carries it, and the version to serve."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Trigger = Literal["approval", "rejection", "after", "rollout", "rollback", "resume", "shadow"]
"""The event or command that began a rollout."""

Next = Literal["deploy", "wait", "verify", "check", "keep", "restore", "wait-restore", "ended"]
"""The step that follows."""

Outcome = Literal[
    "Kept",
    "AlreadyServed",
    "NotApproved",
    "NotFromRegistry",
    "NotServed",
    "NoEarlierVersion",
    "NothingToResume",
    "WeightsMissing",
    "Duplicate",
    "Superseded",
    "TypeChanging",
    "NoInstances",
    "Busy",
    "RolledBack",
    "RestoreFailed",
]
"""The end of a rollout."""


class ServedVersion(BaseModel):
    """A version as the stage's parameter names it.

    Attributes:
        package: ARN of the model package.
        uri: `s3://bucket/models/<digest>/`.
        digest: of the model's manifest.
    """

    model_config = ConfigDict(frozen=True)

    package: str
    uri: str
    digest: str

    @property
    def number(self) -> int:
        """Number of the version in its group; 0 where no version was found."""
        number = self.package.rpartition("/")[2]
        return int(number) if number.isdecimal() else 0

    @property
    def value(self) -> str:
        """The parameter's value, an SSM StringList."""
        return ",".join((self.package, self.uri, self.digest))

    @classmethod
    def parse(cls, value: str) -> Self | None:
        """Read the parameter's value; None if it is not one that a rollout wrote."""
        parts = value.split(",")
        if len(parts) != 3 or ":model-package/" not in parts[0]:
            return None
        if not parts[0].rpartition("/")[2].isdecimal() or f"/models/{parts[2]}/" not in parts[1]:
            return None
        return cls(package=parts[0], uri=parts[1], digest=parts[2])


NO_SHADOW: Final = "none,none,none,0"
"""Value of the shadow's parameter while no version shadows."""


class ShadowVersion(BaseModel):
    """A version that gets copies of requests, as the stage's second parameter names it.

    Attributes:
        version: the version.
        share: of the requests, above 0 and up to 1.
    """

    model_config = ConfigDict(frozen=True)

    version: ServedVersion
    share: Annotated[float, Field(gt=0, le=1)]

    @property
    def value(self) -> str:
        """The parameter's value, an SSM StringList."""
        return f"{self.version.value},{self.share:g}"

    def __str__(self) -> str:
        """Return the version and its share in words."""
        return f"version {self.version.number} at {self.share:.0%}"


class CheckResult(BaseModel):
    """The result of a golden check.

    Attributes:
        passed: checks that held.
        total: all checks; 0 where the version has no file of them.
        failures: the first few that did not hold, each with the reason.
        asked: checks that were asked so far; None once there is nothing left to ask.
        seconds: time that asking took.
    """

    passed: int = 0
    total: int = 0
    failures: list[str] = Field(default_factory=list)
    asked: int | None = None
    seconds: float = 0

    def __str__(self) -> str:
        """Return the result in words."""
        if self.asked is not None:
            return f"{self.passed} of {self.asked} held, {self.total - self.asked} not asked"
        return f"{self.passed} of {self.total} held" if self.total else "unchecked"


class Rollout(BaseModel):
    """A rollout, from request to end.

    Attributes:
        id: names it in the history; ids are in the order of time, the newest first.
        execution: name of the execution that carries it.
        stage: the stage.
        trigger: what began it.
        target: the version to serve.
        previous: the version that served before; None for a stage's first.
        shadow: the version to shadow the target; None for none. Every other rollout ends a shadow:
            what serves has changed, and no way back may depend on it.
        approved_by: who approved the version, if that is known.
        reason: of the approval, or of the rollback.
        begun_at: Unix seconds.
        turned_at: Unix seconds at which it turned to deploying or to restoring.
        ended_at: Unix seconds.
        next: the step that follows.
        wait_seconds: pause before the step that follows a wait.
        updating: stack whose update was begun.
        updated: stacks that serve the version by now.
        outcome: the end, once there is one.
        problem: why it did not end well, in words.
        checks: the result of the golden check.
    """

    id: str
    execution: str
    stage: str
    trigger: Trigger
    target: ServedVersion
    previous: ServedVersion | None = None
    shadow: ShadowVersion | None = None
    approved_by: str = ""
    reason: str = ""
    begun_at: float
    turned_at: float
    ended_at: float | None = None
    next: Next = "deploy"
    wait_seconds: int = 1
    updating: str | None = None
    updated: list[str] = Field(default_factory=list)
    outcome: Outcome | None = None
    problem: str = ""
    checks: CheckResult | None = None
