"""The first step of a rollout: the version is read anew, and the one before it remembered.

Nothing is changed here but the history, so that a refusal leaves the stage as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lambda_api.errors import ConflictError
from lambda_api.rollouts.deployment import SHADOW_PARAMETER, STACK_PARAMETER, Deployment
from lambda_api.rollouts.history import History
from lambda_api.rollouts.ports import Endpoints, Parameter, RegisteredVersion, Registry
from lambda_api.rollouts.request import Request
from lambda_api.rollouts.schemas import (
    NO_SHADOW,
    Outcome,
    Rollout,
    ServedVersion,
    ShadowVersion,
)
from lambda_api.storage.object_ids import new_id


class _Refused(Exception):  # noqa: N818 - an end of the step, no fault
    def __init__(self, outcome: Outcome, problem: str) -> None:
        super().__init__(problem)
        self.outcome: Outcome = outcome
        self.problem = problem


@dataclass(frozen=True)
class Opening:
    """The first step.

    Attributes:
        registry: the versions.
        parameter: names the version that serves.
        deployment: the stacks that the version would come to.
        endpoints: what serves now.
        history: of the stage.
        stage: the stage.
        clock: returns Unix seconds.
    """

    registry: Registry
    parameter: Parameter
    deployment: Deployment
    endpoints: Endpoints
    history: History
    stage: str
    clock: Callable[[], float]

    def open(self, request: Request, execution: str) -> Rollout:
        """Return the rollout, either to be deployed next or ended already.

        Raises:
            ConflictError: Another rollout began in the same moment; try again.
        """
        now = self.clock()
        rollout = Rollout(
            id=new_id("rollout-", now),
            execution=execution,
            stage=self.stage,
            trigger=request.trigger,
            target=ServedVersion(package=request.package, uri="", digest=""),
            reason=request.reason,
            approved_by=request.asked_by,
            begun_at=now,
            turned_at=now,
        )
        try:
            return self._begun(request, rollout)
        except _Refused as refused:
            update = {"next": "ended", "outcome": refused.outcome, "problem": refused.problem}
            ended = rollout.model_copy(update={**update, "ended_at": self.clock()})
            if refused.outcome != "Duplicate":
                self.history.record(ended)
            return ended

    def _begun(self, request: Request, rollout: Rollout) -> Rollout:
        if request.event_id and self.history.is_duplicate(request.event_id, rollout.execution):
            raise _Refused("Duplicate", f"event {request.event_id} came before")
        current = self.history.current()
        running = current if current is not None and current.outcome is None else None
        if running is not None and running.execution == rollout.execution:
            return running  # the step runs again
        serving = ServedVersion.parse(self.parameter.get() or "")
        if request.trigger == "shadow":
            return self._shadowed(request, rollout, serving, running)
        version = self._wanted(request, serving, running)
        if running is not None and version.served == running.target and not request.is_resumed:
            raise _Refused(
                "Duplicate",
                f"a rollout of version {version.served.number} runs already; if its execution was "
                "stopped: twin model rollout --resume",
            )
        self._check_stacks()
        self._check_weights(version.served)
        if running is None and version.served == serving and not request.is_resumed:
            raise _Refused("AlreadyServed", f"version {version.served.number} serves already")
        begun = rollout.model_copy(
            update={
                "target": version.served,
                "previous": running.previous if running else serving,
                "reason": rollout.reason or version.reason,
                "approved_by": rollout.approved_by or version.approved_by,
            }
        )
        if running is not None and running.trigger == "shadow" and request.is_resumed:
            begun = begun.model_copy(update={"trigger": "shadow", "shadow": running.shadow})
        return self._entered(begun)

    def _shadowed(
        self,
        request: Request,
        rollout: Rollout,
        serving: ServedVersion | None,
        running: Rollout | None,
    ) -> Rollout:
        """Begin a rollout that keeps the version, and changes its shadow."""
        if running is not None:
            raise _Refused("Busy", "a rollout runs already: twin model rollout --follow")
        if serving is None:
            raise _Refused("NotServed", "no version serves yet that another could shadow")
        shadow = self._shadow(request)
        value = shadow.value if shadow else NO_SHADOW
        serves, *_ = self.deployment.names
        reads = all(
            SHADOW_PARAMETER in state.parameters
            for name, state in self.deployment.settled()
            if name == serves
        )
        if self.deployment.shadow is None or not reads:
            raise _Refused(
                "NoInstances",
                f"a shadow has no instances: write [realtime.shadow] in config/{self.stage}.toml, "
                "and deploy",
            )
        self._check_stacks()
        if self.deployment.shadow.get() == value:
            raise _Refused("AlreadyServed", f"{shadow or 'no version'} shadows already")
        update = {"target": serving, "previous": serving, "shadow": shadow}
        return self._entered(rollout.model_copy(update=update))

    def _shadow(self, request: Request) -> ShadowVersion | None:
        """Return what is to shadow: not approved, perhaps, as it answers nobody."""
        if not request.share:
            return None
        version = self.registry.describe(request.package)
        if version is None or version.status == "Rejected":
            told = f"is {version.status}" if version else "is no version of this group"
            raise _Refused("NotApproved", f"{request.package} {told}; must be one not rejected")
        self._check_weights(version.served)
        return ShadowVersion(version=version.served, share=request.share)

    def _check_weights(self, version: ServedVersion) -> None:
        missing = self.registry.missing_weights(version)
        if missing:
            raise _Refused("WeightsMissing", f"{missing} is not there: push the version again")

    def _entered(self, begun: Rollout) -> Rollout:
        if not self.history.begin(begun):
            raise ConflictError("another rollout began in the same moment, try again")
        return begun

    def _check_stacks(self) -> None:
        """Refuse stacks that would not take a version, or that would take it unguarded.

        Guardrails need the variant to stay: docs/decisions/0183-the-type-is-deployed-first.md
        """
        for name, state in self.deployment.settled():
            if STACK_PARAMETER not in state.parameters:
                raise _Refused(
                    "NotFromRegistry",
                    f"stack {name} has its model from elsewhere: write registry = true below "
                    f"[model] in config/{self.stage}.toml, and deploy",
                )
            variant = self.endpoints.other_variant(state.outputs)
            if variant is not None:
                raise _Refused(
                    "TypeChanging",
                    f"stack {name} asks for variant {state.outputs['VariantName']}, and {variant} "
                    "serves: deploy the type first, without a new version",
                )

    def _wanted(
        self, request: Request, serving: ServedVersion | None, running: Rollout | None
    ) -> RegisteredVersion:
        if request.is_resumed:
            if running is None:
                raise _Refused("NothingToResume", "the last rollout came to its end")
            return self._approved(running.target.package)
        if request.trigger == "rejection":
            aim = running.target if running else serving
            if aim is None or aim.package != request.package:
                raise _Refused("NotServed", "the rejected version does not serve")
            return self._earlier(request.package)
        if request.trigger == "rollback" and not request.package:
            return self._earlier(serving.package if serving else "")
        return self._approved(request.package)

    def _approved(self, package: str) -> RegisteredVersion:
        version = self.registry.describe(package)
        if version is None:
            raise _Refused("NotApproved", f"{package} is no version of this group")
        if version.status != "Approved":
            raise _Refused(
                "NotApproved", f"version {version.served.number} is {version.status}, not Approved"
            )
        return version

    def _earlier(self, package: str) -> RegisteredVersion:
        """Return the version that was kept last before one, and is approved still."""
        for earlier in self.history.served_before(package):
            version = self.registry.describe(earlier.package)
            if version is not None and version.status == "Approved":
                return version
        raise _Refused("NoEarlierVersion", "no earlier version was kept and is approved still")
