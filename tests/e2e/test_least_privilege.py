"""Every right of the stage's roles is used, or marked: only AWS can show the need of it.

`make least-privilege` takes each of them away, to see something fail.
"""

from __future__ import annotations

from openai import OpenAI

from tests.least_privilege.stages import LOCAL
from tests.least_privilege.unused import unused_rights
from tests.least_privilege.world import World
from tests.support.webhook_receiver import WebhookReceiver
from twin.local.deployment import LocalDeployment


def test_every_right_is_used(
    deployment: LocalDeployment, client: OpenAI, model: str, webhooks: WebhookReceiver
) -> None:
    cloud, world = deployment.cloud, World(deployment, client, model, webhooks)
    # The tests before this one have used nearly all of them; run alone, it takes a minute.
    for scenario in LOCAL.scenarios:
        if unused_rights(cloud, world.prefix):
            scenario(world)

    assert unused_rights(cloud, world.prefix) == []
