"""Rights taken away, and what fails without them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tests.least_privilege.results import Results
from tests.least_privilege.scenarios.all import SCENARIOS, Scenario
from tests.least_privilege.statements import Grant, Policies, calls, forget_calls, used
from tests.least_privilege.world import World

_LEAST_PATIENCE_SECONDS = 10
_LATE_SECONDS = 5
"""Longest time from what a function does to its line in the log."""

Say = Callable[[str], None]


def learn_uses(world: World, grants: Sequence[Grant], results: Results, say: Say) -> None:
    """Run every scenario that is not known yet, and note the grants that it needs.

    Raises:
        AssertionError: One fails although nothing is taken away.
    """
    for scenario in SCENARIOS:
        if scenario.__name__ not in results.uses:
            forget_calls(world.cloud)
            began = time.monotonic()
            scenario(world)
            seconds = time.monotonic() - began
            keys = {grant.key for grant in used(grants, calls(world.cloud))}
            results.note_use(scenario.__name__, seconds, keys)
            say(f"{scenario.__name__}: {seconds:.1f} s")


def try_without(
    world: World, policies: Policies, grants: Sequence[Grant], results: Results, say: Say
) -> None:
    """Take each grant away that is not known to be needed, and note what failed."""
    left = [grant for grant in grants if not results.caught.get(grant.key)]
    rounds = _rounds_of_logs(left)
    for together in rounds:
        for grant, failure in _silent(world, policies, together, results, say):
            _note(grant, failure, results, say)
    for grant in left:
        if not any(grant in together for together in rounds):
            _note(grant, _failure(world, policies, grant, results, say), results, say)


def _note(grant: Grant, failure: str, results: Results, say: Say) -> None:
    results.note_removal(grant.key, failure)
    say(f"{'caught' if failure else 'NOT CAUGHT'}  {grant.key}  {failure}")


def _failure(world: World, policies: Policies, grant: Grant, results: Results, say: Say) -> str:
    """Run the scenarios that need a grant without it, until one fails; nothing where none does."""
    users = results.users(grant.key)
    with policies.without([grant]):
        failure = _first_failure(world, grant, users, results, say)
        if failure or not users:
            return failure
        # A function may have read what it is denied now, and remember it: then who needs it is
        # whoever came first.
        world.restart_functions(grant.role)
        return _first_failure(world, grant, results.users_of_role(grant.key), results, say)


def _first_failure(
    world: World, grant: Grant, names: Sequence[str], results: Results, say: Say
) -> str:
    for name in names:
        # Where nothing was denied in a short time, the machine was slow.
        for asked in (_impatient(world, results, name), world):
            forget_calls(world.cloud)
            failure = _run(asked, name)
            denied = any(grant.covers(c) and not c.allowed for c in calls(world.cloud))
            if failure and denied:
                return f"{name}: {failure}"
            if not failure:
                break
            say(f"fails although nothing was denied: {name}: {failure}")
    return ""


def _impatient(world: World, results: Results, name: str) -> World:
    """Return a world that waits half as long again as the scenario took with all rights."""
    patience = max(_LEAST_PATIENCE_SECONDS, 1.5 * results.uses[name].seconds)
    return replace(world, patience=patience, client=world.client.with_options(max_retries=0))


def _run(world: World, name: str) -> str:
    """Run a scenario, and return its failure in a line; nothing where it succeeds."""
    try:
        _named(name)(world)
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
    return ""


def _named(name: str) -> Scenario:
    (scenario,) = [one for one in SCENARIOS if one.__name__ == name]
    return scenario


def _rounds_of_logs(grants: Sequence[Grant]) -> list[list[Grant]]:
    """Group the rights to write logs by action: each has a log of its own to be missing from."""
    by_action = defaultdict(list)
    for grant in grants:
        if grant.log_group:
            by_action[grant.action].append(grant)
    return list(by_action.values())


def _silent(
    world: World, policies: Policies, grants: Sequence[Grant], results: Results, say: Say
) -> Iterator[tuple[Grant, str]]:
    """Take rights to write logs away at once, and yield each with what its log lacks.

    Who may not write a log works on, so no scenario fails.
    """
    logs = world.aws("logs")
    for grant in grants:
        if grant.action == "logs:CreateLogGroup":
            for group in _groups(world, grant):
                logs.delete_log_group(logGroupName=group)
    with policies.without(grants):
        began = int(time.time() * 1000)
        denied = _run_until_denied(world, grants, results, say)
        time.sleep(_LATE_SECONDS)
        heard = {
            group
            for grant in grants
            for group in _groups(world, grant)
            if logs.filter_log_events(logGroupName=group, startTime=began)["events"]
        }
    for grant in grants:
        silent = grant in denied and not heard & set(_groups(world, grant))
        yield grant, "no line in its log" if silent else ""


def _run_until_denied(
    world: World, grants: Sequence[Grant], results: Results, say: Say
) -> set[Grant]:
    """Run the quickest scenarios that need grants, until each was denied; return which were."""
    forget_calls(world.cloud)
    denied: set[Grant] = set()
    tried: set[str] = set()
    while left := {
        next(iter([name for name in results.users(grant.key) if name not in tried]), "")
        for grant in grants
        if grant not in denied
    } - {""}:
        for name in sorted(left):
            if failure := _run(_impatient(world, results, name), name):
                say(f"fails without a log: {name}: {failure}")
        tried |= left
        made = [call for call in calls(world.cloud) if not call.allowed]
        denied |= {grant for grant in grants if any(grant.covers(call) for call in made)}
    return denied


def _groups(world: World, grant: Grant) -> list[str]:
    prefix = grant.log_group.removesuffix("*")
    found = world.aws("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [group["logGroupName"] for group in found]
