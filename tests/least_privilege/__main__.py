"""`make least-privilege`: each right is taken away once, and something must fail.

Stages are deployed, one after the other: `local`, then what others have that those before do not.
Every scenario of a stage runs once, and IAM's record says which rights it used. Then one right
after another is taken out of its role's policy, and the scenarios that used it run, the quickest
first, until one fails that was denied it. Rights to write logs go together, as each has a log of
its own. A right whose removal nothing notices is too much, or is marked: only AWS can show the need
of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.least_privilege.marks import page_of
from tests.least_privilege.removals import Removals
from tests.least_privilege.results import Results
from tests.least_privilege.stages import STAGES
from tests.least_privilege.statements import Grant, Policies

RESULTS = Path(".build/least-privilege")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report(name: str, grants: Sequence[Grant], caught: set[Grant]) -> bool:
    """Print the figures, and return whether each right is needed or marked."""
    marked = {grant for grant in grants if page_of(grant)}
    statements = {(one.role, one.policy, one.statement) for one in grants}
    open_ = {(g.role, g.policy, g.statement) for g in grants if g not in marked | caught}
    only_aws = statements - {(g.role, g.policy, g.statement) for g in grants if g not in marked}
    say(
        f"{name}: {len(grants)} rights: {len(caught)} removals caught, {len(marked)} marked, "
        f"{len(grants) - len(caught | marked)} not noticed"
    )
    say(
        f"{name}: {len(statements)} statements of {len({grant.role for grant in grants})} roles: "
        f"{len(statements - open_ - only_aws)} caught, {len(only_aws)} marked, {len(open_)} open"
    )
    return not open_


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and return the exit status: 1 where a right can go."""
    names = [stage.name for stage in STAGES]
    parser = argparse.ArgumentParser("least-privilege")
    parser.add_argument("--stage", nargs="+", choices=names, default=names, help="only of these")
    parser.add_argument("--role", default="", help="only roles with this in their names")
    parser.add_argument("--resume", action="store_true", help=f"go on from {RESULTS}")
    asked = parser.parse_args(arguments)
    known: list[Grant] = []
    told: list[Grant] = []
    caught: set[Grant] = set()
    for stage in STAGES[: max(map(names.index, asked.stage)) + 1]:
        results = Results.begin(RESULTS / f"{stage.name}.json", resume=asked.resume)
        with stage.deployed() as world:
            policies = Policies(world.cloud, world.prefix)
            new = [one for one in policies.grants() if not any(map(one.is_as, known))]
            known += new
            if stage.name not in asked.stage:
                continue
            removals = Removals(world, policies, stage.scenarios, results, say)
            removals.learn_uses(new)
            wanted = [one for one in new if asked.role in one.role]
            removals.try_without([one for one in wanted if not page_of(one)])
        found = {one for one in wanted if results.caught.get(one.key)}
        report(stage.name, wanted, found)
        told += wanted
        caught |= found
    return 0 if report("all", told, caught) else 1


if __name__ == "__main__":
    sys.exit(main())
