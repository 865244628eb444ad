"""An asynchronous endpoint, and what it sends and writes."""

from __future__ import annotations

import json
from typing import Any

from tests.support.eventually import eventually
from tests.support.localcloud.deployment import Deployment, unique
from tests.support.localcloud.queues import create_queue


class AsyncDeployment(Deployment):
    """As `Deployment`, with a bucket and a queue that both topics deliver to."""

    concurrency = 4

    def create_config(self, model: str, **variant: Any) -> str:
        self.bucket = unique("async")
        self.cloud.client("s3").create_bucket(Bucket=self.bucket)
        self._sqs = self.cloud.client("sqs")
        self._queue = create_queue(self._sqs, "results", "sns.amazonaws.com")
        topics = {f"{kind}Topic": self._topic(kind) for kind in ("Success", "Error")}
        self.config = unique("config")
        production = {
            "VariantName": "AllTraffic",
            "ModelName": model,
            "InstanceType": "ml.c5.large",
            "InitialInstanceCount": 1,
            **variant,
        }
        included = ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"]
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=self.config,
            ProductionVariants=[production],
            AsyncInferenceConfig={
                "ClientConfig": {"MaxConcurrentInvocationsPerInstance": self.concurrency},
                "OutputConfig": {
                    "S3OutputPath": f"s3://{self.bucket}/output",
                    "S3FailurePath": f"s3://{self.bucket}/failures/",
                    "NotificationConfig": {**topics, "IncludeInferenceResponseIn": included},
                },
            },
        )
        return self.config

    def _topic(self, kind: str) -> str:
        sns = self.cloud.client("sns")
        topic = sns.create_topic(Name=unique(kind))["TopicArn"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
        return str(topic)

    def submit(self, tokens: int = 4, **options: Any) -> dict[str, Any]:
        chat = {"messages": [{"role": "user", "content": "abc"}], "max_tokens": tokens}
        if "InputLocation" not in options:
            options.setdefault("Body", json.dumps({**chat, "ignore_eos": True}))
        return dict(
            self.runtime.invoke_endpoint_async(
                EndpointName=self.endpoint, ContentType="application/json", **options
            )
        )

    def messages(self, count: int) -> list[dict[str, Any]]:
        """The next messages of both topics: so many, or as many more as come at once."""
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            found.extend(self.received())
            return len(found) >= count

        eventually(enough)
        return found

    def received(self, wait_seconds: int = 0) -> list[dict[str, Any]]:
        """Messages that are there, or come in this time."""
        answer = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    def read(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    def scale(self, count: int) -> None:
        desired = {"VariantName": "AllTraffic", "DesiredInstanceCount": count}
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=self.endpoint, DesiredWeightsAndCapacities=[desired]
        )
        self.settled()
