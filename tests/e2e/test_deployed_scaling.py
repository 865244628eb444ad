"""A deployed stage that scales to zero and back, in the order of its day.

The clock of alarms and scaling is 60 times as fast: the quarter of an hour before a scale-in takes
15 seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.least_privilege.unused import unused_rights
from tests.support import stage_files
from tests.support.eventually import eventually as wait
from twin.client.conversation import ask, connect
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs

FACTOR = 60
MODEL = "twin-demo"
QUESTION = [{"role": "user", "content": "What is an endpoint config?"}]
FIRST_REQUESTS = 24
SCALED_TO_ZERO = {
    "realtime__autoscaling": {
        "scale_to_zero": True,
        "max_instances": 2,
        "target": 2,
        "scale_out_cooldown_seconds": 10,
        "scale_in_cooldown_seconds": 60,
    },
    "batch": None,
    "retrieval": None,
}
EVERY_HALF_HOUR = {"name": "office-hours", "schedule": "rate(30 minutes)", "min_instances": 1}

eventually = partial(wait, seconds=240)
"""Waits for the stage: a scale-in alone takes 15 s of the faster clock."""


class Stage:
    """A stage that scales to zero, and what AWS says of it."""

    def __init__(self, cloud: LocalCloud, checkout: Path) -> None:
        self.cloud = cloud
        self._deployment = LocalDeployment(cloud, checkout, "zero")
        self._checkout = checkout
        self.outputs: StageOutputs
        self._clients = {
            name: cloud.session.client(name, endpoint_url=cloud.settings.origin)
            for name in ("application-autoscaling", "cloudwatch", "sagemaker")
        }

    def deploy(self, **changes: Any) -> None:
        stage_files.write(
            self._checkout / "config" / "zero.toml", stage_files.LOCAL, **SCALED_TO_ZERO | changes
        )
        self.outputs = self._deployment.deploy()

    def client(self) -> OpenAI:
        return connect(self.outputs)

    def post(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        key = self.outputs.api_key.get_secret_value()
        return httpx2.post(
            f"{self.outputs.openai_base_url}/{path}",
            json={"model": MODEL, **body},
            headers={"Authorization": f"Bearer {key}"},
            timeout=60,
        )

    @property
    def copies(self) -> int:
        described = self._clients["sagemaker"].describe_inference_component(
            InferenceComponentName=self.outputs.endpoint_name
        )
        return int(described["RuntimeConfig"]["CurrentCopyCount"])

    @property
    def async_instances(self) -> int:
        described = self._clients["sagemaker"].describe_endpoint(
            EndpointName=f"{self.outputs.endpoint_name}-async"
        )
        return int(described["ProductionVariants"][0]["CurrentInstanceCount"])

    def refusals(self) -> float:
        """Requests that SageMaker refused for want of a copy, ever."""
        found = self._clients["cloudwatch"].get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="NoCapacityInvocationFailures",
            Dimensions=[{"Name": "InferenceComponentName", "Value": self.outputs.endpoint_name}],
            StartTime=time.time() - 3600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    def changes(self) -> list[str]:
        """Why the copy count changed, the newest first."""
        found = self._clients["application-autoscaling"].describe_scaling_activities(
            ServiceNamespace="sagemaker",
            ResourceId=f"inference-component/{self.outputs.endpoint_name}",
        )
        return [
            activity["Cause"]
            for activity in found["ScalingActivities"]
            if activity["Description"].startswith("Setting desired copy count")
        ]

    def goes_to_zero(self) -> None:
        eventually(lambda: self.copies == 0)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Iterator[Stage]:
    settings = Settings(
        port=free_port(),
        data_dir=tmp_path_factory.mktemp("fast-cloud"),
        clock_factor=FACTOR,
        provisioning_seconds=120,
    )
    cloud = LocalCloud(settings)
    cloud.start(stop_with_us=True)
    try:
        deployed = Stage(cloud, checkout)
        deployed.deploy(api__cold_start={"mode": "hold", "hold_seconds": 120})
        yield deployed
    finally:
        cloud.stop()


def test_without_requests_the_last_copy_goes(stage: Stage):
    # It may have gone while the other stacks were deployed: what tells of it is its scaling.
    stage.goes_to_zero()

    assert "AlarmLow" in stage.changes()[0]


def test_held_first_requests_wake_it_once_and_are_all_answered(stage: Stage):
    stage.goes_to_zero()
    with stage.client() as client, ThreadPoolExecutor(FIRST_REQUESTS) as callers:
        asking = [
            callers.submit(ask, client, MODEL, QUESTION, lambda _: None)
            for _ in range(FIRST_REQUESTS)
        ]
        answers = [one.result().text for one in asking]

    assert all("endpoint" in answer.lower() for answer in answers)
    woken = [cause for cause in stage.changes() if cause.endswith("triggered policy wake")]
    assert len(woken) == 1
    # Each may find it cold itself; after that one probe each five seconds asks for all of them.
    assert stage.refusals() <= FIRST_REQUESTS + 10


def test_a_burst_adds_a_copy_and_its_end_removes_both(stage: Stage):
    grown = threading.Event()

    def keep_streaming(_: int) -> None:
        """Have a request open all the time: how many are open then depends on no machine's pace."""
        with stage.client() as client:
            while not grown.is_set():
                with client.chat.completions.create(
                    model=MODEL, messages=QUESTION, stream=True, extra_body={"ignore_eos": True}
                ) as stream:
                    any(grown.is_set() for _ in stream)

    with ThreadPoolExecutor(6) as callers:
        asking = callers.map(keep_streaming, range(6))
        try:
            eventually(lambda: stage.copies == 2)
        finally:
            grown.set()
        list(asking)
    assert "AlarmHigh" in stage.changes()[0]

    stage.goes_to_zero()
    assert "AlarmLow" in stage.changes()[0]


def test_every_right_of_scaling_to_zero_is_used(stage: Stage):
    unused = unused_rights(stage.cloud, "twin-zero-")
    assert [right for right in unused if right.startswith("serving ")] == []
    # Of quotas: nobody has begun a job. The one of the table of who wakes the model was used.
    tables = [right for right in unused if right.endswith(" dynamodb:UpdateItem")]
    assert len([right for right in tables if right.startswith("api Streaming")]) == 1


def test_queued_the_first_request_is_answered_by_the_asynchronous_endpoint(stage: Stage):
    stage.deploy(api__cold_start={"mode": "queue"})
    stage.goes_to_zero()
    eventually(lambda: stage.async_instances == 0)

    accepted = stage.post("chat/completions", {"messages": QUESTION, "temperature": 0})

    assert accepted.status_code == 202
    assert accepted.json()["status"] == "queued"
    with stage.client() as client:
        response_id = accepted.json()["id"]
        eventually(lambda: client.responses.retrieve(response_id).status == "completed")
        assert "endpoint" in client.responses.retrieve(response_id).output_text.lower()
        # It woke the real-time endpoint, too, for those who come after.
        eventually(lambda: ask(client, MODEL, QUESTION, lambda _: None).text != "")


def test_rejected_callers_learn_when_to_come_back(stage: Stage):
    stage.deploy(api__cold_start={"mode": "reject", "expected_start_seconds": 20})
    stage.goes_to_zero()

    refusal = stage.post("chat/completions", {"messages": QUESTION})

    assert refusal.status_code == 503
    assert refusal.json()["error"]["code"] == "model_not_ready"
    with stage.client() as client:
        # The official client waits as long as it is told.
        patient = client.with_options(max_retries=4)
        answer = patient.chat.completions.create(model=MODEL, messages=QUESTION, temperature=0)
    assert "endpoint" in (answer.choices[0].message.content or "").lower()


def test_a_schedule_starts_a_copy_before_anybody_asks(stage: Stage):
    stage.goes_to_zero()
    stage.deploy(
        api__cold_start={"mode": "reject"}, realtime__autoscaling__schedules=[EVERY_HALF_HOUR]
    )

    eventually(lambda: stage.copies == 1)

    assert stage.changes()[0] == "minimum capacity was set to 1"
