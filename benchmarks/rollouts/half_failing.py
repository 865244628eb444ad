"""Requests that fail until an alarm undoes a version which fails half of them, by strategy.

SageMaker's API alone, with an engine that computes nothing; times are by the local cloud's clock.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from faulty_cloud import REPOSITORY

from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud

sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]
from table import machine  # noqa: E402

from tests.support.meanwhile import CALLERS, called_at_a_rate  # noqa: E402

NAME, VARIANT, ALARM = "versions", "AllTraffic", "errors"
GOOD, BROKEN = "good", "broken"
FLEET = 2


def blue_green(kind: str, wait: int, **step: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **step}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def share(percent: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": percent}


STRATEGIES = {
    "canary, 50%": blue_green("CANARY", 300, CanarySize=share(50)),
    "linear, 10%": blue_green("LINEAR", 300, LinearStepSize=share(10)),
    "rolling, 50%": {
        "RollingUpdatePolicy": {"MaximumBatchSize": share(50), "WaitIntervalInSeconds": 300}
    },
    "all at once": blue_green("ALL_AT_ONCE", 300),
}


class FaultyCloud(LocalCloud):
    """A local cloud whose engines fail as they are told."""

    module = "benchmarks.rollouts.faulty_cloud"


@dataclass
class Asked:
    """Requests of an update, with the times of failures and of the end."""

    answered: int = 0
    failed: list[float] = field(default_factory=list)
    after_first: int = 0
    ended: float = 0.0

    def row(self, factor: float) -> str:
        seconds = (self.ended - self.failed[0]) * factor
        rate = len(self.failed) / (self.after_first or 1)
        return f"{seconds:.0f} | {self.after_first} | {len(self.failed)} | {rate:.0%}"


class Endpoint:
    """An endpoint of a good version, and one that is broken."""

    def __init__(self, cloud: LocalCloud) -> None:
        session: Any = cloud.session  # boto3's types know literal names only
        config = Config(max_pool_connections=CALLERS, retries={"total_max_attempts": 1})

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=cloud.settings.origin, config=config)

        self.sagemaker, self.runtime = client("sagemaker"), client("sagemaker-runtime")
        for name, failing in ((GOOD, 0.0), (BROKEN, 0.5)):
            self._describe(name, failing)
        self.cloudwatch = client("cloudwatch")
        self.cloudwatch.put_metric_alarm(
            AlarmName=ALARM,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Dimensions=[
                {"Name": "EndpointName", "Value": NAME},
                {"Name": "VariantName", "Value": VARIANT},
            ],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=5,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
        self.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=GOOD)
        self.settle()

    def _describe(self, name: str, failing: float) -> None:
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn="arn:aws:iam::000000000042:role/Benchmark",
            PrimaryContainer={"Image": REPOSITORY, "Environment": {"FAILING": str(failing)}},
        )
        variant = {
            "VariantName": VARIANT,
            "ModelName": name,
            "InstanceType": "ml.c5.large",
            "InitialInstanceCount": FLEET,
        }
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])

    def calm(self) -> None:
        """Wait until the alarm is over."""
        while True:
            (alarm,) = self.cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
            if alarm["StateValue"] != "ALARM":
                return
            time.sleep(0.5)

    def settle(self) -> str:
        while True:
            found = self.sagemaker.describe_endpoint(EndpointName=NAME)
            if found["EndpointStatus"] == "InService":
                return str(found["EndpointConfigName"])
            time.sleep(0.05)

    def update(self, deployment: dict[str, Any]) -> None:
        watched = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]}}
        self.sagemaker.update_endpoint(
            EndpointName=NAME,
            EndpointConfigName=BROKEN,
            DeploymentConfig={**deployment, **watched},
        )

    def ask(self) -> bool:
        try:
            answer = self.runtime.invoke_endpoint(
                EndpointName=NAME, ContentType="application/json", Body=b"{}"
            )
            answer["Body"].read()
        except ClientError:
            return False
        return True


@contextmanager
def asked_at(rate: float, endpoint: Endpoint) -> Iterator[Asked]:
    """Ask so many times a second while the block runs, however long answers take."""
    asked = Asked()

    def ask_once() -> None:
        good = endpoint.ask()
        asked.answered += 1
        if not good:
            asked.failed.append(time.monotonic())
        if asked.failed:
            asked.after_first += 1

    with called_at_a_rate(rate, ask_once):
        yield asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20, help="requests a second")
    parser.add_argument("--factor", type=float, default=10, help="the clock's")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(
            port=free_port(), data_dir=Path(name), clock_factor=given.factor, iam=False
        )
        cloud = FaultyCloud(settings)
        try:
            cloud.start(stop_with_us=True)
            endpoint = Endpoint(cloud)
            for strategy, deployment in STRATEGIES.items():
                with asked_at(given.rate, endpoint) as asked:
                    endpoint.update(deployment)
                    serves = endpoint.settle()
                    asked.ended = time.monotonic()
                assert serves == GOOD, (strategy, serves)
                rows.append(f"| {strategy} | {asked.row(given.factor)} |")
                print(rows[-1], flush=True)
                endpoint.calm()
        finally:
            cloud.stop()
    print(f"\nA version that fails half of its requests\n{machine()}\n")
    print("| strategy | seconds from first failure to undone | requests | failed | share |")
    print("|---|--:|--:|--:|--:|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
