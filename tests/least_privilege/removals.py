"""Rights taken away, and what fails without them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.least_privilege.results import Results
from tests.least_privilege.stages import Scenario
from tests.least_privilege.statements import Call, Grant, Policies, calls, forget_calls, used
from tests.least_privilege.world import World

_LEAST_PATIENCE_SECONDS = 10
_LATE_SECONDS = 5
"""Longest time from what a function does to its line in the log."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Removals:
    """The rights of a deployed stage, each of which is taken away once.

    Attributes:
        scenarios: Uses of the stage.
        results: What is known of them.
        say: Tells a line.
    """

    world: World
    policies: Policies
    scenarios: Sequence[Scenario]
    results: Results
    say: Say

    def learn_uses(self, grants: Sequence[Grant]) -> None:
        """Run every scenario that is not known yet, and note the grants that it needs.

        Raises:
            AssertionError: One fails although nothing is taken away.
        """
        for scenario in self.scenarios:
            if scenario.__name__ not in self.results.uses:
                forget_calls(self.world.cloud)
                began = time.monotonic()
                scenario(self.world)
                seconds = time.monotonic() - began
                keys = {grant.key for grant in used(grants, self._calls())}
                self.results.note_use(scenario.__name__, seconds, keys)
                self.say(f"{scenario.__name__}: {seconds:.1f} s")

    def try_without(self, grants: Sequence[Grant]) -> None:
        """Take each grant away that is not known to be needed, and note what failed."""
        left = [grant for grant in grants if not self.results.caught.get(grant.key)]
        rounds = _rounds_of_logs(left)
        for together in rounds:
            for grant, failure in self._silent(together):
                self._note(grant, failure)
        for grant in left:
            if not any(grant in together for together in rounds):
                self._note(grant, self._failure(grant))

    def _note(self, grant: Grant, failure: str) -> None:
        self.results.note_removal(grant.key, failure)
        self.say(f"{'caught' if failure else 'NOT CAUGHT'}  {grant.key}  {failure}")

    def _calls(self) -> set[Call]:
        return calls(self.world.cloud, self.world.prefix)

    def _failure(self, grant: Grant) -> str:
        """Run the scenarios that need a grant without it, until one fails; nothing if none does."""
        users = self.results.users(grant.key)
        with self.policies.without([grant]):
            failure = self._first_failure(grant, users)
            if failure or not users:
                return failure
            # A function may have read what it is denied now, and remember it: then who needs it is
            # whoever came first.
            self.world.restart_functions(grant.role)
            return self._first_failure(grant, self.results.users_of_role(grant.key))

    def _first_failure(self, grant: Grant, names: Sequence[str]) -> str:
        for name in names:
            # Where nothing was denied in a short time, the machine was slow.
            for asked in (self._impatient(name), self.world):
                forget_calls(self.world.cloud)
                failure = self._run(asked, name)
                denied = any(grant.covers(c) and not c.allowed for c in self._calls())
                if failure and denied:
                    return f"{name}: {failure}"
                if not failure:
                    break
                self.say(f"fails although nothing was denied: {name}: {failure}")
        return ""

    def _impatient(self, name: str) -> World:
        """Return a world that waits half as long again as the scenario took with all rights."""
        patience = max(_LEAST_PATIENCE_SECONDS, 1.5 * self.results.uses[name].seconds)
        client = self.world.client.with_options(max_retries=0)
        return replace(self.world, patience=patience, client=client)

    def _run(self, world: World, name: str) -> str:
        """Run a scenario, and return its failure in a line; nothing where it succeeds."""
        (scenario,) = [one for one in self.scenarios if one.__name__ == name]
        try:
            scenario(world)
        except Exception as error:
            return f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        return ""

    def _silent(self, grants: Sequence[Grant]) -> Iterator[tuple[Grant, str]]:
        """Take rights to write logs away at once, and yield each with what its log lacks.

        Who may not write a log works on, so no scenario fails.
        """
        logs = self.world.aws("logs")
        for grant in grants:
            if grant.action == "logs:CreateLogGroup":
                for group in self._groups(grant):
                    logs.delete_log_group(logGroupName=group)
        with self.policies.without(grants):
            began = int(time.time() * 1000)
            denied = self._run_until_denied(grants)
            time.sleep(_LATE_SECONDS)
            heard = {
                group
                for grant in grants
                for group in self._groups(grant)
                if logs.filter_log_events(logGroupName=group, startTime=began)["events"]
            }
        for grant in grants:
            silent = grant in denied and not heard & set(self._groups(grant))
            yield grant, "no line in its log" if silent else ""

    def _run_until_denied(self, grants: Sequence[Grant]) -> set[Grant]:
        """Run the quickest scenarios that need grants, until each was denied; return which were."""
        forget_calls(self.world.cloud)
        denied: set[Grant] = set()
        tried: set[str] = set()
        while left := {
            next(iter([name for name in self.results.users(grant.key) if name not in tried]), "")
            for grant in grants
            if grant not in denied
        } - {""}:
            for name in sorted(left):
                if failure := self._run(self._impatient(name), name):
                    self.say(f"fails without a log: {name}: {failure}")
            tried |= left
            made = [call for call in self._calls() if not call.allowed]
            denied |= {grant for grant in grants if any(grant.covers(call) for call in made)}
        return denied

    def _groups(self, grant: Grant) -> list[str]:
        prefix = grant.log_group.removesuffix("*")
        found = self.world.aws("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        return [group["logGroupName"] for group in found]


def _rounds_of_logs(grants: Sequence[Grant]) -> list[list[Grant]]:
    """Group the rights to write logs by action: each has a log of its own to be missing from."""
    by_action = defaultdict(list)
    for grant in grants:
        if grant.log_group:
            by_action[grant.action].append(grant)
    return list(by_action.values())
