"""`make least-privilege`: each right is taken away once, and something must fail.

The stage `local` is deployed with a webhook and the roles of a workflow. Every scenario runs once,
and IAM's record says which rights it used. Then one right after another is taken out of its role's
policy, and the scenarios that used it run, the quickest first, until one fails that was denied it.
Rights to write logs go together, as each has a log of its own. A right whose removal nothing
notices is too much, or is marked: only AWS can show the need of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.least_privilege.marks import page_of
from tests.least_privilege.removals import learn_uses, try_without
from tests.least_privilege.results import Results
from tests.least_privilege.statements import Grant, Policies
from tests.least_privilege.world import World
from tests.support.local_stage import add_webhook, copy_checkout, keep_secret
from tests.support.webhook_receiver import receiving
from tests.support.workflow import add_workflow
from twin.client.conversation import connect, served_model
from twin.local.cloud import LocalCloud
from twin.local.deployment import STAGE, LocalDeployment

RESULTS = Path(".build/least-privilege.json")


@contextmanager
def deployed() -> Iterator[World]:
    """Deploy the stage, and take everything down again."""
    with tempfile.TemporaryDirectory() as directory, receiving() as webhooks:
        cloud = LocalCloud(Settings(port=free_port(), data_dir=Path(directory) / "cloud"))
        checkout = copy_checkout(Path(directory))
        add_webhook(checkout, webhooks)
        add_workflow(checkout, STAGE)
        cloud.start(stop_with_us=True)
        try:
            keep_secret(cloud)
            deployment = LocalDeployment(cloud, checkout)
            with connect(deployment.deploy()) as client:
                yield World(deployment, client, served_model(client), webhooks)
        finally:
            cloud.stop()


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report(grants: Sequence[Grant], results: Results) -> bool:
    """Print the figures, and return whether each right is needed or marked."""
    marked = {grant for grant in grants if page_of(grant)}
    caught = {grant for grant in grants if results.caught.get(grant.key)}
    statements = {(one.role, one.policy, one.statement) for one in grants}
    open_ = {(g.role, g.policy, g.statement) for g in grants if g not in marked | caught}
    only_aws = statements - {(g.role, g.policy, g.statement) for g in grants if g not in marked}
    say(
        f"{len(grants)} rights: {len(caught)} removals caught, {len(marked)} marked, "
        f"{len(grants) - len(caught | marked)} not noticed"
    )
    say(
        f"{len(statements)} statements of {len({grant.role for grant in grants})} roles: "
        f"{len(statements - open_ - only_aws)} caught, {len(only_aws)} marked, {len(open_)} open"
    )
    return not open_


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and return the exit status: 1 where a right can go."""
    parser = argparse.ArgumentParser("least-privilege")
    parser.add_argument("--role", default="", help="only roles with this in their names")
    parser.add_argument("--resume", action="store_true", help=f"go on from {RESULTS}")
    asked = parser.parse_args(arguments)
    results = Results.begin(RESULTS, resume=asked.resume)
    with deployed() as world:
        policies = Policies(world.cloud)
        grants = policies.grants()
        learn_uses(world, grants, results, say)
        tried = [one for one in grants if asked.role in one.role and not page_of(one)]
        try_without(world, policies, tried, results, say)
    return 0 if report([one for one in grants if asked.role in one.role], results) else 1


if __name__ == "__main__":
    sys.exit(main())
