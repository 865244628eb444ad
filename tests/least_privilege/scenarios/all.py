"""Every scenario: a short use of a capability, which fails where a right is missing."""

from __future__ import annotations

from collections.abc import Callable

from tests.least_privilege.scenarios.batches import (
    batch,
    cancelled_batch,
    failed_batch,
    interrupted,
    machine,
    sweep,
)
from tests.least_privilege.scenarios.documents import documents, vector_store
from tests.least_privilege.scenarios.handover import async_handover, realtime_handover
from tests.least_privilege.scenarios.serving import (
    asked_for,
    background,
    cancelled,
    chat,
    endpoints,
    failed,
    files,
    metrics,
    responses,
    stranger,
    watched,
)
from tests.least_privilege.scenarios.workflow import comparing, deploying
from tests.least_privilege.world import World

Scenario = Callable[[World], None]

SCENARIOS: tuple[Scenario, ...] = (
    realtime_handover,
    async_handover,
    watched,
    comparing,
    deploying,
    machine,
    chat,
    stranger,
    responses,
    metrics,
    files,
    cancelled,
    endpoints,
    failed,
    asked_for,
    background,
    documents,
    vector_store,
    batch,
    failed_batch,
    cancelled_batch,
    sweep,
    interrupted,
)
"""What no other test does first, then the quick ones."""
