"""The deployment of a version: the parameter, then one stack after the other by CloudFormation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambda_api.rollouts.ports import (
    BusyStackError,
    NoUpdateError,
    Parameter,
    Stacks,
    StackState,
)
from lambda_api.rollouts.schemas import NO_SHADOW, Rollout, ServedVersion, ShadowVersion

LONGEST_SECONDS: Final = 2 * 3600
"""Longest wait for stacks that somebody else deploys, or that do not come to an end."""

_PAUSES: Final = ((30, 1), (300, 5))
"""Pauses between two looks, each up to an age in seconds."""
_LONG_PAUSE: Final = 15

STACK_PARAMETER: Final = "ModelVersion"
"""Name of the template's parameter in each stack whose model comes from the registry."""

SHADOW_PARAMETER: Final = "ShadowVersion"
"""Name of the serving stack's parameter, where the stage has instances for a shadow."""

_DEPLOYED: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


class DeploymentFailedError(Exception):
    """A stack did not take the version; the message says which, and CloudFormation's reason."""


@dataclass(frozen=True)
class Deployment:
    """The way of a version into the stacks.

    Attributes:
        parameter: names the version that serves.
        stacks: CloudFormation's.
        names: of the stacks, in order.
        clock: returns Unix seconds.
        shadow: names the version that shadows; None in a stage without instances for one.
    """

    parameter: Parameter
    stacks: Stacks
    names: Sequence[str]
    clock: Callable[[], float]
    shadow: Parameter | None = None

    def settled(self) -> Iterator[tuple[str, StackState]]:
        """Yield the stacks that are deployed, without those that somebody deploys right now."""
        for name in self.names:
            state = self.stacks.describe(name)
            if state is not None and not state.is_busy:
                yield name, state

    def advance(
        self, rollout: Rollout, version: ServedVersion, shadow: ShadowVersion | None = None
    ) -> Rollout | None:
        """Go on as far as possible without a wait.

        Args:
            rollout: the rollout.
            version: to serve.
            shadow: to shadow it; None ends one.

        Returns:
            The rollout that waits, or None when all stacks serve the version.

        Raises:
            DeploymentFailedError: A stack did not take the version, or was busy for too long.
        """
        for name in self.names:
            if name in rollout.updated:
                continue
            state = self.stacks.describe(name)
            if state is not None and state.is_busy:
                return self._waiting(rollout, name)
            if state is None:  # deployed later, with this very parameter
                self._put(version, shadow)
            elif rollout.updating == name:
                _check(name, state)
            else:
                try:
                    begun = self._begun(name, version, shadow)
                except BusyStackError:  # since it was described
                    return self._waiting(rollout, name)
                if begun:
                    return self._waiting(rollout, name, updating=name)
            update = {"updated": [*rollout.updated, name], "updating": None}
            rollout = rollout.model_copy(update=update)
        return None

    def _begun(self, name: str, version: ServedVersion, shadow: ShadowVersion | None) -> bool:
        self._put(version, shadow)
        try:
            self.stacks.update(name)
        except NoUpdateError:
            return False
        return True

    def _put(self, version: ServedVersion, shadow: ShadowVersion | None) -> None:
        values = {version.value: self.parameter}
        if self.shadow is not None:
            values[shadow.value if shadow else NO_SHADOW] = self.shadow
        for value, parameter in values.items():
            if parameter.get() != value:
                parameter.put(value)

    def _waiting(self, rollout: Rollout, name: str, **update: Any) -> Rollout:  # noqa: ANN401
        age = self.clock() - rollout.turned_at
        if age > LONGEST_SECONDS:
            raise DeploymentFailedError(
                f"stack {name} was busy for {LONGEST_SECONDS // 3600} hours"
            )
        pause = next((seconds for upto, seconds in _PAUSES if age < upto), _LONG_PAUSE)
        return rollout.model_copy(update={**update, "wait_seconds": pause})


def _check(name: str, state: StackState) -> None:
    if state.status not in _DEPLOYED:
        reason = f": {state.reason}" if state.reason else ""
        raise DeploymentFailedError(f"stack {name} ended as {state.status}{reason}")
