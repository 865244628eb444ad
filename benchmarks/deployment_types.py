"""Batch transform and an asynchronous endpoint, beside the engine they run, on the demo model.

Starts a local cloud of its own and talks to SageMaker's API only. Batch: so many lines, end to end
(from CreateTransformJob to Completed: instance, model archive, S3 in and out), against the same
lines sent to an engine process at the same concurrency. Asynchronous: a burst at an endpoint with
no instance, then one instance. Both again with the engine's process killed on the way. Every result
is looked for: what is lost, and what is there twice, is counted.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from table import print_table, spread

from localcloud.settings import Settings
from twin.demo import free_port
from twin.environment import PROJECT
from twin.local_cloud import LocalCloud

MODEL = PROJECT / "model_artifacts" / "demo"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/llama-cpp:server-sagemaker-cpu-v1"
ROLE = "arn:aws:iam::000000000042:role/Benchmark"
ENGINE = {"CTX_SIZE": "4096", "PARALLEL": "4", "THREADS": "1"}
"""As the local stage runs it."""
BUCKET = "benchmark"
NAME = "benchmark"
VARIANT = "AllTraffic"
SHARD_LINES = 100
MEGABYTES = 1
JSON = "application/json"


@dataclass(frozen=True)
class Run:
    """One measurement."""

    seconds: float
    results: Counter[str]
    """How often each line or request was answered."""

    def per_second(self) -> float:
        return len(self.results) / self.seconds

    def told(self, expected: int) -> str:
        lost = expected - len(self.results)
        doubled = sum(1 for count in self.results.values() if count > 1)
        return f"{lost} lost, {doubled} answered twice"


def chat(number: int, tokens: int) -> bytes:
    """A request whose answer has exactly so many tokens, and whose prompt no other has."""
    question = {"role": "user", "content": f"{number}: what is an endpoint config?"}
    body = {"messages": [question], "max_tokens": tokens, "ignore_eos": True, "temperature": 0}
    return json.dumps(body).encode()


def name(number: int) -> str:
    return f"request-{number}"


@contextmanager
def engine() -> Iterator[int]:
    """The engine's process alone; yields its port."""
    flags = [part for flag, value in ENGINE.items() for part in (f"--{flag.lower()}", value)]
    flags = [part.replace("_", "-") for part in flags]
    command = [sys.executable, "-m", "localcloud.engines.llama_cpp", "--model-dir", str(MODEL)]
    process = subprocess.Popen(
        [*command, *flags],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if b"listening on http://" in line:
                yield int(line.rpartition(b":")[2])
                break
    finally:
        process.kill()
        process.wait()


def ask_engine(lines: int, tokens: int, concurrency: int) -> Run:
    """Send the lines straight to the engine, over connections that stay open."""
    with engine() as port, ThreadPoolExecutor(concurrency) as pool:

        def ask(worker: int) -> list[str]:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            answered = []
            for number in range(worker, lines, concurrency):
                headers = {"content-type": JSON}
                connection.request("POST", "/v1/chat/completions", chat(number, tokens), headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
                answered.append(name(number))
            connection.close()
            return answered

        started = time.perf_counter()
        found = [one for answered in pool.map(ask, range(concurrency)) for one in answered]
        return Run(time.perf_counter() - started, Counter(found))


class SageMaker:
    """A local cloud's SageMaker, with the demo model in it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.client = self._client("sagemaker")
        self.runtime = self._client("sagemaker-runtime")
        self.s3 = self._client("s3")
        self.sqs = self._client("sqs")
        self.sns = self._client("sns")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=archive())
        self.client.create_model(
            ModelName=NAME,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
                "Environment": {f"SM_LLAMA_CPP_{flag}": value for flag, value in ENGINE.items()},
            },
        )

    def _client(self, service: str) -> Any:
        return self.cloud.session.client(service, endpoint_url=self.cloud.settings.origin)

    def kill_engine(self) -> None:
        server = self.cloud.process()
        assert server is not None
        for child in server.children(recursive=True):
            if "localcloud.engines.llama_cpp" in child.cmdline():
                child.kill()


def archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        for file in MODEL.glob("*.gguf"):
            tar.add(file, file.name)
    return packed.getvalue()


class Killer:
    """Kills the engine as results come in, so many times, evenly spread."""

    def __init__(self, kill: Callable[[], None], times: int, expected: int) -> None:
        self._kill = kill
        self._at = [expected * number // (times + 1) for number in range(1, times + 1)]

    def saw(self, results: int) -> None:
        while self._at and results >= self._at[0]:
            self._at.pop(0)
            self._kill()


def run_batch(
    sagemaker: SageMaker, job: str, *, lines: int, tokens: int, concurrency: int, kills: int
) -> Run:
    for first in range(0, lines, SHARD_LINES):
        shard = b"".join(
            b'{"id":"%s","request":%s}\n' % (name(number).encode(), chat(number, tokens))
            for number in range(first, min(first + SHARD_LINES, lines))
        )
        sagemaker.s3.put_object(Bucket=BUCKET, Key=f"{job}/in/{first:06}.jsonl", Body=shard)
    killer = Killer(sagemaker.kill_engine, kills, lines)
    started = time.perf_counter()
    sagemaker.client.create_transform_job(
        TransformJobName=job,
        ModelName=NAME,
        BatchStrategy="SingleRecord",
        MaxConcurrentTransforms=concurrency,
        MaxPayloadInMB=MEGABYTES,
        TransformInput={
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{job}/in/"}
            },
            "ContentType": JSON,
            "SplitType": "Line",
        },
        TransformOutput={
            "S3OutputPath": f"s3://{BUCKET}/{job}/out",
            "Accept": JSON,
            "AssembleWith": "Line",
        },
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        DataProcessing={
            "InputFilter": "$.request",
            "JoinSource": "Input",
            "OutputFilter": "$['id','SageMakerOutput']",
        },
    )
    while (found := describe(sagemaker, job))["TransformJobStatus"] == "InProgress":
        killer.saw(len(outputs(sagemaker, job)) * SHARD_LINES)
        time.sleep(0.1)
    seconds = time.perf_counter() - started
    assert found["TransformJobStatus"] == "Completed", found
    results: Counter[str] = Counter()
    for key in outputs(sagemaker, job):
        content = sagemaker.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        for line in content.splitlines():
            answer = json.loads(line)
            assert answer["SageMakerOutput"]["usage"]["completion_tokens"] == tokens
            results[answer["id"]] += 1
    return Run(seconds, results)


def describe(sagemaker: SageMaker, job: str) -> dict[str, Any]:
    return dict(sagemaker.client.describe_transform_job(TransformJobName=job))


def outputs(sagemaker: SageMaker, job: str) -> list[str]:
    listed = sagemaker.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{job}/out/")
    return [entry["Key"] for entry in listed.get("Contents", [])]


class AsyncEndpoint:
    """An asynchronous endpoint, whose topics deliver to one queue."""

    def __init__(self, sagemaker: SageMaker, concurrency: int) -> None:
        self.sagemaker = sagemaker
        sqs, sns = sagemaker.sqs, sagemaker.sns
        self.queue = sqs.create_queue(QueueName=NAME)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        topic = sns.create_topic(Name=NAME)["TopicArn"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=attributes["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
        sagemaker.client.create_endpoint_config(
            EndpointConfigName=NAME,
            ProductionVariants=[
                {
                    "VariantName": VARIANT,
                    "ModelName": NAME,
                    "InstanceType": "ml.c5.large",
                    "InitialInstanceCount": 1,
                }
            ],
            AsyncInferenceConfig={
                "ClientConfig": {"MaxConcurrentInvocationsPerInstance": concurrency},
                "OutputConfig": {
                    "S3OutputPath": f"s3://{BUCKET}/async/out",
                    "S3FailurePath": f"s3://{BUCKET}/async/failures",
                    "NotificationConfig": {"SuccessTopic": topic, "ErrorTopic": topic},
                },
            },
        )
        sagemaker.client.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
        self._settle()

    def scale(self, count: int) -> None:
        desired = {"VariantName": VARIANT, "DesiredInstanceCount": count}
        self.sagemaker.client.update_endpoint_weights_and_capacities(
            EndpointName=NAME, DesiredWeightsAndCapacities=[desired]
        )
        self._settle()

    def _settle(self) -> None:
        while True:
            found = self.sagemaker.client.describe_endpoint(EndpointName=NAME)
            if found["EndpointStatus"] not in ("Creating", "Updating"):
                assert found["EndpointStatus"] == "InService", found
                return
            time.sleep(0.05)

    def submit(self, number: int, tokens: int) -> None:
        self.sagemaker.runtime.invoke_endpoint_async(
            EndpointName=NAME,
            ContentType=JSON,
            InferenceId=name(number),
            Body=chat(number, tokens),
        )

    def results(self) -> list[str]:
        """Which requests have ended, since the last call."""
        sqs = self.sagemaker.sqs
        received = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        messages = received.get("Messages", [])
        told = [json.loads(message["Body"]) for message in messages]
        assert all(one["invocationStatus"] == "Completed" for one in told), told
        if messages:
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(messages)
            ]
            sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries)
        return [one["inferenceId"] for one in told]


def run_burst(
    endpoint: AsyncEndpoint, *, requests: int, tokens: int, kills: int
) -> tuple[float, Run]:
    """Submit at zero instances, then start one.

    Returns:
        The seconds it took to submit, and the draining from the moment an instance is asked for.
    """
    endpoint.scale(0)
    started = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: endpoint.submit(number, tokens), range(requests)))
    submitted = time.perf_counter() - started
    killer = Killer(endpoint.sagemaker.kill_engine, kills, requests)
    results: Counter[str] = Counter()
    started = time.perf_counter()
    endpoint.scale(1)
    while len(results) < requests and time.perf_counter() - started < 600:
        results.update(endpoint.results())
        killer.saw(len(results))
        time.sleep(0.01)
    seconds = time.perf_counter() - started
    time.sleep(1)
    while found := endpoint.results():  # nothing comes twice
        results.update(found)
    return submitted, Run(seconds, results)


@dataclass
class Found:
    """Everything that was measured."""

    raw: list[Run] = field(default_factory=list)
    batch: list[Run] = field(default_factory=list)
    burst: list[Run] = field(default_factory=list)
    submitting: list[float] = field(default_factory=list)
    killed_batch: Run | None = None
    killed_burst: Run | None = None


def measure(cloud: LocalCloud, given: argparse.Namespace) -> Found:
    found = Found()
    sagemaker = SageMaker(cloud)
    endpoint = AsyncEndpoint(sagemaker, given.concurrency)
    endpoint.scale(0)
    work = {"lines": given.lines, "tokens": given.tokens, "concurrency": given.concurrency}
    asked = {"requests": given.lines, "tokens": given.tokens}
    for number in range(given.rounds):
        found.raw.append(ask_engine(**work))
        found.batch.append(run_batch(sagemaker, f"whole-{number}", **work, kills=0))
        submitted, run = run_burst(endpoint, **asked, kills=0)
        found.submitting.append(submitted)
        found.burst.append(run)
        endpoint.scale(0)
    found.killed_batch = run_batch(sagemaker, "killed", **work, kills=given.kills)
    _, found.killed_burst = run_burst(endpoint, **asked, kills=given.kills)
    return found


def show(found: Found, given: argparse.Namespace) -> None:
    def shares(runs: list[Run]) -> str:
        pairs = zip(runs, found.raw, strict=True)
        return spread([run.per_second() / base.per_second() for run, base in pairs], "", 2)

    def told(runs: list[Run]) -> str:
        return "; ".join(sorted({run.told(given.lines) for run in runs}))

    def speed(runs: list[Run]) -> str:
        return spread([run.per_second() for run in runs], "lines/s")

    assert found.killed_batch is not None
    assert found.killed_burst is not None
    rows = [
        ("engine alone", speed(found.raw)),
        ("batch transform", speed(found.batch)),
        ("batch transform / engine", shares(found.batch)),
        ("batch transform: results", told(found.batch)),
        ("burst: submitting", spread(found.submitting, "s")),
        ("burst: draining, from zero", spread([run.seconds for run in found.burst], "s")),
        ("burst: draining / engine", shares(found.burst)),
        ("burst: results", told(found.burst)),
        (f"batch, {given.kills} kills", f"{found.killed_batch.seconds:.1f} s"),
        (f"batch, {given.kills} kills: results", told([found.killed_batch])),
        (f"burst, {given.kills} kills", f"{found.killed_burst.seconds:.1f} s"),
        (f"burst, {given.kills} kills: results", told([found.killed_burst])),
    ]
    title = f"{given.lines} requests of {given.tokens} tokens, {given.concurrency} at once"
    print_table(title, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1000, help="of a batch, and of a burst")
    parser.add_argument("--tokens", type=int, default=32, help="of each answer")
    parser.add_argument("--concurrency", type=int, default=8, help="requests in the engine")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        cloud = LocalCloud(Settings(port=free_port(), data_dir=Path(directory)))
        try:
            cloud.start(stop_with_us=True)
            found = measure(cloud, given)
        finally:
            cloud.stop()
    show(found, given)


if __name__ == "__main__":
    main()
