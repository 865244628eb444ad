"""The stages whose rights are taken away, each with its scenarios.

A scenario is a short use of a capability, which fails where a right is missing. What a later stage
has of an earlier one is not taken away again: its scenarios are those of what is new in it.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.least_privilege.scenarios import (
    batches,
    documents,
    handover,
    scaling,
    serving,
    versions,
    workflow,
)
from tests.least_privilege.world import World
from tests.support import stage_files
from tests.support.local_stage import add_webhook, copy_checkout, keep_secret
from tests.support.webhook_receiver import receiving
from tests.support.workflow import add_workflow
from twin.client.conversation import connect, served_model
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment

Scenario = Callable[[World], None]

_COMMITTED = tomllib.loads((PROJECT / "config" / "local.toml").read_text())


@dataclass(frozen=True)
class Stage:
    """A stage that is deployed to have its rights taken away.

    Attributes:
        name: Of its file in `config/`.
        scenarios: Its uses: what no other test does first, then the quick ones.
        changes: What it says in the place of what `local` says, as `stage_files.write` has it; None
            where it is committed itself.
    """

    name: str
    scenarios: tuple[Scenario, ...]
    changes: Mapping[str, Any] | None = None

    @contextmanager
    def deployed(self) -> Iterator[World]:
        """Deploy it into a cloud of its own, and take everything down again."""
        with tempfile.TemporaryDirectory() as directory, receiving() as webhooks:
            cloud = LocalCloud(Settings(port=free_port(), data_dir=Path(directory) / "cloud"))
            checkout = copy_checkout(Path(directory))
            if self.changes is not None:
                file = checkout / "config" / f"{self.name}.toml"
                stage_files.write(file, _COMMITTED, **self.changes)
            if self is LOCAL:
                add_webhook(checkout, webhooks)
            add_workflow(checkout, self.name)
            cloud.start(stop_with_us=True)
            try:
                keep_secret(cloud)
                deployment = LocalDeployment(cloud, checkout, self.name)
                with connect(deployment.deploy()) as client:
                    yield World(deployment, client, served_model(client), webhooks)
            finally:
                cloud.stop()


LOCAL = Stage(
    "local",
    (
        handover.realtime_handover,
        handover.async_handover,
        serving.watched,
        workflow.comparing,
        workflow.deploying,
        batches.machine,
        serving.chat,
        serving.stranger,
        serving.responses,
        serving.metrics,
        serving.files,
        serving.cancelled,
        serving.endpoints,
        serving.failed,
        serving.asked_for,
        serving.background,
        documents.documents,
        documents.vector_store,
        batches.batch,
        batches.failed_batch,
        batches.cancelled_batch,
        batches.sweep,
        batches.interrupted,
    ),
)

VERSIONS = Stage(
    "versions",
    (
        workflow.comparing,
        workflow.deploying,
        workflow.finding,
        batches.machine,
        serving.endpoints,
        scaling.engine_metrics,
        documents.documents,
        versions.told_elsewhere,
        batches.scheduled,
        versions.rollout,
        versions.refused,
        versions.shadow,
    ),
    changes={
        "async": None,
        "realtime__shadow": {"instance_count": 1},
        "realtime__autoscaling__metric": "queued-requests",
        "registry__share_with": [versions.OTHER_ACCOUNT],
        "retrieval__store": "s3-vectors",
        "batch__schedules": [
            {
                "name": "nightly",
                "expression": "cron(0 3 * * ? *)",
                "input_prefix": "scheduled/nightly/",
            }
        ],
    },
)
"""A registry that is shared, its rollout and a shadow, S3 Vectors, schedules, engines' metrics."""

ZERO = Stage(
    "zero",
    (workflow.deploying, serving.whole, scaling.waking, versions.rollout),
    changes={
        "async": None,
        "batch": None,
        "retrieval": None,
        "realtime__autoscaling": {"scale_to_zero": True, "max_instances": 1, "target": 2},
        "api__cold_start": {"mode": "hold", "hold_seconds": 300},
        "api__engine_fields": ["best_of"],
    },
)
"""An endpoint that goes to zero, and answers that are no streams."""

TINY = Stage("tiny", (scaling.loading,))
"""A function with the model in it."""

STAGES = (LOCAL, VERSIONS, ZERO, TINY)
