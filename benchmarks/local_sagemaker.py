"""SageMaker of a local cloud, as the deployment types' benchmark uses it."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from requests_of_jobs import ENGINE, JSON, MODEL, Killer, Run, chat, name

from twin.local.cloud import LocalCloud

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/llama-cpp:server-sagemaker-cpu-v1"
ROLE = "arn:aws:iam::000000000042:role/Benchmark"
BUCKET = "benchmark"
NAME = "benchmark"
VARIANT = "AllTraffic"
SHARD_LINES = 100
MEGABYTES = 1


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
        session: Any = self.cloud.session  # boto3's types know literal names only
        return session.client(service, endpoint_url=self.cloud.settings.origin)

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
        """Return the requests that have ended since the last call."""
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
