"""A stage with versions, as rollouts see it: everything behind their ports is in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_api.rollouts.deployment import SHADOW_PARAMETER, STACK_PARAMETER, Deployment
from lambda_api.rollouts.history import History
from lambda_api.rollouts.opening import Opening
from lambda_api.rollouts.ports import (
    BusyStackError,
    NoUpdateError,
    RegisteredVersion,
    StackState,
)
from lambda_api.rollouts.schemas import NO_SHADOW, Rollout, ServedVersion
from lambda_api.rollouts.steps import GoldenRule, RolloutSteps
from tests.support.service.memory_store import MemoryStore

SERVING, ASYNC = "twin-dev-serving", "twin-dev-async"


def served(number: int) -> ServedVersion:
    arn = f"arn:aws:sagemaker:us-east-1:000000000042:model-package/twin/{number}"
    return ServedVersion(package=arn, uri=f"s3://b/models/{number}/", digest=str(number))


def approval(number: int, status: str = "Approved", event_id: str = "") -> dict[str, Any]:
    detail = {"ModelPackageArn": served(number).package, "ModelApprovalStatus": status}
    return {"id": event_id, "detail-type": "State Change", "detail": detail}


@dataclass
class World:
    """The stage; the stacks take a version in one look, unless told otherwise.

    Attributes:
        broken: versions that the stacks do not take.
        silent: versions whose endpoint stays as it was, while the stack says nothing.
        busy: looks for which each stack is busy.
        taken: updates before which somebody else begins one.
        parameters: of the stacks' templates.
        variant: serves, where it is another than the stacks name.
        shadow: value of the second parameter; None without instances for a shadow.
        shadowed: what the serving stack took of it.
    """

    statuses: dict[int, str] = field(default_factory=dict)
    files: dict[tuple[int, str], bytes] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    value: str | None = None
    stacks: dict[str, str | None] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)
    busy: int = 0
    taken: int = 0
    parameters: tuple[str, ...] = (STACK_PARAMETER, SHADOW_PARAMETER)
    variant: str | None = None
    shadow: str | None = NO_SHADOW
    shadowed: str = NO_SHADOW
    answers: dict[int, str] = field(default_factory=dict)
    notes: list[tuple[int, str]] = field(default_factory=list)
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    now: float = 1000.0
    rule: GoldenRule = field(default_factory=GoldenRule)
    _failed: set[str] = field(default_factory=set)
    _executions: int = 0

    def __post_init__(self) -> None:
        self.history = History(MemoryStore())

    @property
    def steps(self) -> RolloutSteps:
        shadow = None if self.shadow is None else _Shadow(self)
        deployment = Deployment(self, _Stacks(self), [*self.stacks], self.clock, shadow)
        endpoints = _Endpoints(self)
        return RolloutSteps(
            opening=Opening(self, self, deployment, endpoints, self.history, "dev", self.clock),
            deployment=deployment,
            registry=self,
            endpoints=endpoints,
            history=self.history,
            events=_Bus(self),
            ask=self.ask,
            rule=self.rule,
            clock=self.clock,
        )

    def serving(self, number: int) -> World:
        """Have a version serve, which was kept."""
        self.value = served(number).value
        self.stacks = {SERVING: self.value, ASYNC: self.value}
        return self

    def read(self, given: Mapping[str, Any], execution: str | None = None) -> Rollout:
        self._executions += 1
        return self.steps.read(given, execution or f"execution-{self._executions}")

    def run(self, rollout: Rollout) -> Rollout:
        """Take all steps to the end, as the state machine does."""
        while rollout.next != "ended":
            rollout = self.step(rollout)
        return rollout

    def step(self, rollout: Rollout) -> Rollout:
        steps = self.steps
        if rollout.next in ("wait", "wait-restore"):
            self.now += rollout.wait_seconds
        taken = {
            "deploy": steps.deploy,
            "wait": steps.deploy,
            "verify": steps.verify,
            "check": steps.check,
            "keep": steps.keep,
            "restore": steps.restore,
            "wait-restore": steps.restore,
        }
        return taken[rollout.next](rollout)

    def clock(self) -> float:
        return self.now

    def ask(self, _request: dict[str, Any]) -> str:
        version = ServedVersion.parse(self.stacks[SERVING] or "")
        assert version is not None
        return self.answers.get(version.number, "yes")

    def describe(self, package: str) -> RegisteredVersion | None:
        number = int(package.rpartition("/")[2] or 0)
        if number not in self.statuses:
            return None
        return RegisteredVersion(served(number), self.statuses[number], "measured", "somebody")

    def missing_weights(self, version: ServedVersion) -> str | None:
        return f"{version.uri}model.gguf" if version.number in self.missing else None

    def note(self, package: str, key: str, value: str) -> None:
        word, _, *checks = value.split(maxsplit=2)
        self.notes.append((int(package.rpartition("/")[2]), " ".join((key, "=", word, *checks))))

    def get(self) -> str | None:
        return self.value

    def put(self, value: str) -> None:
        self.value = value

    def file(self, version: ServedVersion, name: str) -> bytes | None:
        return self.files.get((version.number, name))


class _Stacks:
    def __init__(self, world: World) -> None:
        self._world = world

    def describe(self, name: str) -> StackState | None:
        world = self._world
        if world.stacks[name] is None:
            return None
        if world.busy:
            world.busy -= 1
            return StackState("UPDATE_IN_PROGRESS", "", {})
        if name in world._failed:
            outputs = {"stack": name}
            return StackState("UPDATE_ROLLBACK_COMPLETE", "no health", outputs, world.parameters)
        outputs = {"stack": name, "VariantName": "ml-g6e-xlarge"}
        return StackState("UPDATE_COMPLETE", "", outputs, world.parameters)

    def update(self, name: str) -> None:
        world = self._world
        if world.taken:
            world.taken -= 1
            raise BusyStackError(name)
        world._failed.discard(name)
        shadow = (world.shadow or NO_SHADOW) if name == SERVING else world.shadowed
        if (world.stacks[name], world.shadowed) == (world.value, shadow):
            raise NoUpdateError(name)
        version = ServedVersion.parse(world.value or "")
        assert version is not None
        broken = {f"/{number}/" for number in world.broken}
        if any(each in f"{version.uri} {shadow}" for each in broken):
            world._failed.add(name)
        else:
            world.stacks[name], world.shadowed = world.value, shadow


class _Shadow:
    def __init__(self, world: World) -> None:
        self._world = world

    def get(self) -> str | None:
        return self._world.shadow

    def put(self, value: str) -> None:
        self._world.shadow = value


class _Endpoints:
    def __init__(self, world: World) -> None:
        self._world = world

    def problem(self, outputs: Mapping[str, str]) -> str | None:
        version = ServedVersion.parse(self._world.stacks[outputs["stack"]] or "")
        assert version is not None
        return "serves another" if version.number in self._world.silent else None

    def other_variant(self, outputs: Mapping[str, str]) -> str | None:
        return self._world.variant


class _Bus:
    def __init__(self, world: World) -> None:
        self._world = world

    def put(self, kind: str, detail: Mapping[str, Any]) -> None:
        self._world.events.append((kind, detail))
