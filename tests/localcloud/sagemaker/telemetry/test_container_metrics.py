"""What engines say of themselves: collected, queried with PromQL, carried to CloudWatch, scaled by.

A server whose clock is 60 times as fast: a minute is a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest

from lambda_api.aws.cloudwatch_metrics import CloudWatchMetrics
from lambda_api.aws.cloudwatch_promql import PromQL, PromQLError
from lambda_api.engine.metrics_bridge import QUEUED_REQUESTS, MetricsBridge
from localcloud.ports import free_port
from localcloud.promql import ACTIONS
from localcloud.settings import Settings
from tests.support.eventually import LONG, eventually
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import ROLE, Cloud, add_role, assumed, let_invoke, package
from tests.support.localcloud.deployment import ENDLESS, Deployment, engines, unique

NAMESPACE = "twin"
WAITING = "llamacpp:requests_deferred"


@pytest.fixture(scope="module")
def hurried(data_dir: Path) -> Iterator[Cloud]:
    running = local.start(Settings(port=free_port(), data_dir=data_dir, clock_factor=60))
    yield running
    local.stop(running)


@pytest.fixture
def busy(hurried: Cloud, model_file: Path) -> Iterator[Deployment]:
    """An endpoint whose engine answers one request at a time."""
    deployment = Deployment(hurried, model_file)
    container = deployment.container(ALIAS=deployment.endpoint, PARALLEL="1", METRICS="true")
    deployment.create(container)
    yield deployment
    deployment.settled()
    deployment.delete()


@pytest.fixture
def ask(busy: Deployment) -> Iterator[Callable[[int], None]]:
    """Sends requests that do not end before the test does."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def wait() -> None:
        for _ in busy.stream(ENDLESS):
            if over.is_set():
                return

    def ask(count: int) -> None:
        new = [threading.Thread(target=wait) for _ in range(count)]
        threads.extend(new)
        for thread in new:
            thread.start()

    yield ask
    over.set()
    for thread in threads:
        thread.join(LONG)


@pytest.fixture
def promql(hurried: Cloud) -> Iterator[PromQL]:
    settings = hurried.settings
    session = boto3.session.Session(settings.account, "local", region_name=settings.region)
    asking = PromQL.beside(hurried.client("cloudwatch"), session)
    yield asking
    asking.close()


def mean_waiting(promql: PromQL, endpoint: str) -> float | None:
    return promql.value(f'avg({WAITING}{{"aws.sagemaker.endpoint.name"="{endpoint}"}})')


def query(cloud: Cloud, path: str = "query", **parameters: str) -> tuple[int, Any]:
    signed = f"AWS4-HMAC-SHA256 Credential={cloud.settings.account}/-/us-east-1/monitoring/x"
    answer = httpx2.get(
        cloud.url(f"/api/v1/{path}"),
        params=parameters,
        headers={"authorization": signed},
        timeout=LONG,
    )
    return answer.status_code, answer.json()


def test_a_queue_is_seen_carried_and_scaled_by(
    busy: Deployment, ask: Callable[[int], None], promql: PromQL
) -> None:
    ask(4)
    eventually(lambda: mean_waiting(promql, busy.endpoint) == 3)
    cloudwatch = busy.cloud.client("cloudwatch")
    names = {QUEUED_REQUESTS: WAITING}
    metrics = MetricsBridge(
        promql,
        CloudWatchMetrics(cloudwatch, NAMESPACE, busy.endpoint),
        busy.endpoint,
        names,
        logging.getLogger("engine_metrics"),
    )
    metrics.carry()
    now = time.time()
    points = cloudwatch.get_metric_statistics(
        **followed(busy), StartTime=now - 60, EndTime=now + 60, Period=60, Statistics=["Maximum"]
    )
    assert [point["Maximum"] for point in points["Datapoints"]] == [3]

    scaling = busy.cloud.client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{busy.endpoint}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(
        **target,
        PolicyName="queued-requests",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 2,
            "CustomizedMetricSpecification": {**followed(busy), "Statistic": "Average"},
        },
    )

    def scaled_out() -> bool:
        metrics.carry()
        return len(engines(busy.cloud, busy.endpoint)) == 2

    eventually(scaled_out)
    # Two instances, one of them with the queue.
    eventually(lambda: mean_waiting(promql, busy.endpoint) == 1.5)


def followed(deployment: Deployment) -> dict[str, Any]:
    dimension = {"Name": "EndpointName", "Value": deployment.endpoint}
    return {"Namespace": NAMESPACE, "MetricName": QUEUED_REQUESTS, "Dimensions": [dimension]}


def test_series_are_told_apart_by_endpoint_variant_and_host(busy: Deployment) -> None:
    selector = f'{WAITING}{{"aws.sagemaker.endpoint.name"="{busy.endpoint}"}}'
    eventually(lambda: bool(query(busy.cloud, query=selector)[1]["data"]["result"]))
    ((series,),) = [query(busy.cloud, query=selector)[1]["data"]["result"]]
    labels = series["metric"]
    assert labels.pop("@resource.host.id").startswith("i-")
    assert labels.pop("aws.sagemaker.container.id")
    assert labels == {
        "@resource.host.type": "ml.c5.large",
        "__name__": WAITING,
        "aws.sagemaker.endpoint.name": busy.endpoint,
        "aws.sagemaker.variant.name": "AllTraffic",
    }
    assert series["value"][1] == "0"


def test_an_engine_without_its_flag_publishes_nothing(
    busy: Deployment, ask: Callable[[int], None], model_file: Path, promql: PromQL
) -> None:
    silent = Deployment(busy.cloud, model_file)
    silent.create()
    ask(2)
    eventually(lambda: mean_waiting(promql, busy.endpoint) == 1)
    assert mean_waiting(promql, silent.endpoint) is None
    silent.delete()


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("query", {"query": "rate(x[5m])"}),
        ("query", {"query": "x", "time": "1795000000"}),
        ("query_range", {"query": "x", "start": "0", "end": "1", "step": "1"}),
        ("labels", {}),
        ("query", {}),
    ],
)
def test_what_is_not_emulated_is_refused_as_prometheus_refuses(
    hurried: Cloud, path: str, parameters: dict[str, str]
) -> None:
    status, document = query(hurried, path, **parameters)
    assert (status, document["status"], document["errorType"]) == (400, "error", "bad_data")
    assert "emulated" in document["error"] or "must be given once" in document["error"]


@pytest.mark.parametrize("lacks", ACTIONS)
def test_a_query_needs_the_right_to_metrics_and_to_their_names(hurried: Cloud, lacks: str) -> None:
    role = f"arn:aws:iam::{hurried.settings.account}:role/{unique('asks')}"
    allowed = [action for action in (*ACTIONS, "cloudwatch:PutMetricData") if action != lacks]
    add_role(hurried, role, {"Effect": "Allow", "Action": allowed, "Resource": "*"})
    session = assumed(hurried, role)
    client = session.client("cloudwatch", endpoint_url=hurried.settings.origin)
    with pytest.raises(PromQLError, match=f"status 403.*not authorized to perform: {lacks}"):
        PromQL.beside(client, session).value("x")


NOTE = """
import os, time, urllib.request

def handler(event, context):
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{os.environ['BUCKET']}/{time.time()}"
    urllib.request.urlopen(urllib.request.Request(url, data=b"", method="PUT", headers={
        "authorization": "AWS4-HMAC-SHA256 Credential=000000000042/20261129/us-east-1/s3/x"}))
"""


def test_a_rule_each_minute_runs_by_the_clock(hurried: Cloud) -> None:
    name = unique("rule")
    s3, events = hurried.client("s3"), hurried.client("events")
    s3.create_bucket(Bucket=name)
    arn = hurried.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="code.handler",
        Code={"ZipFile": package({"code.py": NOTE})},
        Environment={"Variables": {"BUCKET": name}},
        Timeout=30,
    )["FunctionArn"]
    let_invoke(hurried, name, "events.amazonaws.com")
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": arn}])

    def runs() -> int:
        return len(s3.list_objects_v2(Bucket=name).get("Contents", []))

    try:
        eventually(lambda: runs() >= 3)
    finally:
        events.remove_targets(Rule=name, Ids=["function"])
        events.delete_rule(Name=name)
