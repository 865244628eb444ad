"""The steps of a rollout, as the state machine names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambda_api.rollouts.deployment import Deployment, DeploymentFailedError
from lambda_api.rollouts.golden_check import (
    LONGEST_SECONDS,
    SLICE_SECONDS,
    Ask,
    GoldenFileError,
    parse_golden,
    run_golden,
)
from lambda_api.rollouts.history import History
from lambda_api.rollouts.opening import Opening
from lambda_api.rollouts.ports import Endpoints, Events, Registry
from lambda_api.rollouts.request import CHECKED, Request
from lambda_api.rollouts.schemas import CheckResult, Outcome, Rollout

ROLLED_BACK = "Model Version Rolled Back"
"""Detail type of the event after a rollback."""


@dataclass(frozen=True)
class GoldenRule:
    """The rule by which a golden check passes.

    Attributes:
        file: name of the checks in the model's directory.
        least: least share of checks that must hold.
        is_required: true where a version without checks is not kept.
        slice_seconds: time in which one run of the step begins questions.
        longest_seconds: time in which all questions must have begun.
    """

    file: str = "golden.jsonl"
    least: float = 1.0
    is_required: bool = False
    slice_seconds: float = SLICE_SECONDS
    longest_seconds: float = LONGEST_SECONDS


class RestoreFailedError(Exception):
    """The version before does not serve either; a person has to look."""


@dataclass(frozen=True)
class RolloutSteps:
    """The steps; each takes a rollout and returns it with the step that follows.

    Attributes:
        opening: the first step.
        deployment: the way into the stacks.
        registry: the versions.
        endpoints: what really serves.
        history: of the stage.
        events: the bus that tells others.
        ask: asks the endpoint.
        rule: of the golden check.
        clock: returns Unix seconds.
    """

    opening: Opening
    deployment: Deployment
    registry: Registry
    endpoints: Endpoints
    history: History
    events: Events
    ask: Ask
    rule: GoldenRule
    clock: Callable[[], float]

    def read(self, given: Mapping[str, Any], execution: str) -> Rollout:
        """Read the version anew, and remember the one before."""
        return self.opening.open(Request.read(given), execution)

    def deploy(self, rollout: Rollout) -> Rollout:
        """Put the parameter and update the stacks, as far as that goes without a wait."""
        if self._is_superseded(rollout):
            return self._ended(rollout, "Superseded", "a later rollout took over")
        try:
            waiting = self.deployment.advance(rollout, rollout.target, rollout.shadow)
        except DeploymentFailedError as error:
            if not rollout.updated and rollout.updating is None:
                return self._ended(rollout, "Busy", str(error))
            return self._undoing(rollout, str(error))
        if waiting is not None:
            return self._noted(waiting, next="wait")
        return self._noted(rollout, next="verify", updating=None, updated=[*self.deployment.names])

    def verify(self, rollout: Rollout) -> Rollout:
        """Compare endpoints with the outputs of the stacks: SageMaker can roll back silently."""
        problem = self._difference()
        if problem is not None:
            return self._undoing(rollout, problem)
        return self._noted(rollout, next="check")

    def check(self, rollout: Rollout) -> Rollout:
        """Ask the questions whose answers are known; a shadow answers nobody.

        A function has a quarter of an hour: what is left then is asked by the step's next run.
        """
        if rollout.trigger == "shadow":
            return self._noted(rollout, next="keep")
        content = self.registry.file(rollout.target, self.rule.file)
        if content is None:
            if self.rule.is_required:
                return self._undoing(rollout, f"the version has no {self.rule.file}")
            return self._noted(rollout, next="keep", checks=CheckResult())
        if self.deployment.stacks.describe(self.deployment.names[0]) is None:
            return self._noted(rollout, next="keep", checks=CheckResult())
        try:
            checks = parse_golden(content)
        except GoldenFileError as error:
            return self._undoing(rollout, f"{self.rule.file}: {error}")
        seconds = self.rule.slice_seconds
        result = run_golden(checks, self.ask, so_far=rollout.checks, seconds=seconds)
        checked = rollout.model_copy(update={"checks": result})
        if result.asked is not None and result.seconds < self.rule.longest_seconds:
            return self._noted(checked, next="check")
        if result.passed < self.rule.least * result.total:
            return self._undoing(checked, self._failure(result))
        return self._noted(checked, next="keep")

    def keep(self, rollout: Rollout) -> Rollout:
        """Write that the version serves, and tell others."""
        kept = self._ended(rollout, "Kept")
        self._tell(kept, "Deployed", CHECKED)
        return kept

    def restore(self, rollout: Rollout) -> Rollout:
        """Put the version before back, the parameter first, and update the stacks again.

        Raises:
            RestoreFailedError: That does not work either.
        """
        if self._is_superseded(rollout):
            return self._ended(rollout, "Superseded", rollout.problem)
        if rollout.previous is None:
            raise self._failed(rollout, "there is no version before")
        try:
            waiting = self.deployment.advance(rollout, rollout.previous)
        except DeploymentFailedError as error:
            raise self._failed(rollout, str(error)) from error
        if waiting is not None:
            return self._noted(waiting, next="wait-restore")
        if problem := self._difference():
            raise self._failed(rollout, problem)
        ended = self._ended(rollout, "RolledBack", rollout.problem)
        self._tell(ended, "RolledBack", ROLLED_BACK)
        return ended

    def undo(self, rollout: Rollout, error: Mapping[str, Any]) -> Rollout:
        """Begin to restore after a step that failed by itself."""
        return self._undoing(rollout, f"{error.get('Error')}: {str(error.get('Cause'))[:300]}")

    def _failure(self, result: CheckResult) -> str:
        """Return the reason of a result that does not pass, in words."""
        told = f"{result.passed} of {result.total} golden checks held"
        if result.asked is not None:
            minutes = f"{self.rule.longest_seconds / 60:g} minutes"
            told += f", {result.total - result.asked} were not asked within {minutes}"
        return f"{told}: {result.failures[0] if result.failures else ''}".rstrip(": ")

    def _difference(self) -> str | None:
        for name in self.deployment.names:
            state = self.deployment.stacks.describe(name)
            problem = self.endpoints.problem(state.outputs) if state else None
            if problem is not None:
                return problem
        return None

    def _is_superseded(self, rollout: Rollout) -> bool:
        current = self.history.current()
        return current is not None and current.id != rollout.id

    def _undoing(self, rollout: Rollout, problem: str) -> Rollout:
        begun: dict[str, Any] = {"updating": None, "updated": [], "turned_at": self.clock()}
        return self._noted(rollout, next="restore", problem=problem, **begun)

    def _noted(self, rollout: Rollout, **update: Any) -> Rollout:  # noqa: ANN401 - its fields
        noted = rollout.model_copy(update=update)
        self.history.record(noted)
        return noted

    def _ended(self, rollout: Rollout, outcome: Outcome, problem: str = "") -> Rollout:
        return self._noted(
            rollout, next="ended", outcome=outcome, problem=problem, ended_at=self.clock()
        )

    def _failed(self, rollout: Rollout, problem: str) -> RestoreFailedError:
        told = f"{rollout.problem}; then, restoring: {problem}".lstrip("; ")
        self._ended(rollout, "RestoreFailed", told)
        return RestoreFailedError(told)

    def _tell(self, rollout: Rollout, word: str, kind: str) -> None:
        if rollout.trigger == "shadow":  # what serves is as it was
            return
        when = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        checks = f" {rollout.checks}" if rollout.checks else ""
        self.registry.note(rollout.target.package, rollout.stage, f"{word} {when}{checks}")
        detail = {
            "ModelPackageArn": rollout.target.package,
            "ModelPackageVersion": rollout.target.number,
            "Stage": rollout.stage,
            "Problem": rollout.problem[:1000],
        }
        self.events.put(kind, detail)
