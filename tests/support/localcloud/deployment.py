"""Models and endpoints on a local cloud, as a client of SageMaker makes them."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from tests.support.eventually import eventually, poll
from tests.support.localcloud.cloud import ROLE, Cloud

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/llama-cpp:server-sagemaker-cpu-v1"
VARIANT = "AllTraffic"
BUCKET = "model-data"
CONTEXT = "100000"
"""Tokens that all slots of an engine share; 256 bytes each."""
ENDLESS = 1_000_000
"""Tokens of an answer that no test waits for."""


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


class Deployment:
    """Makes resources with names of its own, and invokes its endpoint."""

    def __init__(self, cloud: Cloud, model_file: Path) -> None:
        self.cloud = cloud
        self.sagemaker = cloud.client("sagemaker")
        self.runtime = cloud.client("sagemaker-runtime")
        self.model_file = model_file
        self.endpoint = unique("endpoint")
        self.role = ROLE

    def upload(self, content: bytes | None = None, name: str = "model.gguf") -> str:
        """Put a model in S3; return the prefix's URI."""
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        prefix = unique("model")
        body = self.model_file.read_bytes() if content is None else content
        s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{name}", Body=body)
        return f"s3://{BUCKET}/{prefix}/"

    def put(self, uri: str, name: str, content: bytes) -> None:
        """Put a file beside a model."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        self.cloud.client("s3").put_object(Bucket=bucket, Key=prefix + name, Body=content)

    def container(self, uri: str | None = None, **environment: str) -> dict[str, Any]:
        data = {
            "S3Uri": uri or self.upload(),
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
        return {
            "Image": IMAGE,
            "Environment": {
                f"SM_LLAMA_CPP_{flag}": value
                for flag, value in {"CTX_SIZE": CONTEXT, **environment}.items()
            },
            "ModelDataSource": {"S3DataSource": data},
        }

    def create_model(self, container: dict[str, Any] | None = None) -> str:
        name = unique("model")
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=self.role,
            PrimaryContainer=container or self.container(),
        )
        return name

    def create_config(self, model: str, **variant: Any) -> str:
        name = unique("config")
        production = {
            "VariantName": VARIANT,
            "ModelName": model,
            "InstanceType": "ml.c5.large",
            "InitialInstanceCount": 1,
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
            **variant,
        }
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[production]
        )
        return name

    def create(self, container: dict[str, Any] | None = None, **variant: Any) -> dict[str, Any]:
        """Create model, configuration and endpoint; return the endpoint once it has settled."""
        config = self.create_config(self.create_model(container), **variant)
        self.sagemaker.create_endpoint(EndpointName=self.endpoint, EndpointConfigName=config)
        return self.settled()

    def settled(self) -> dict[str, Any]:
        return poll(
            lambda: dict(self.sagemaker.describe_endpoint(EndpointName=self.endpoint)),
            lambda found: found["EndpointStatus"] in ("InService", "Failed"),
        )

    def invoke(self, tokens: int = 4, **options: Any) -> dict[str, Any]:
        answer = self.runtime.invoke_endpoint(
            EndpointName=self.endpoint,
            ContentType="application/json",
            Body=json.dumps(_chat(tokens)),
            **options,
        )
        return dict(json.load(answer["Body"]))

    def stream(self, tokens: int = 4, **options: Any) -> Iterator[bytes]:
        answer = self.runtime.invoke_endpoint_with_response_stream(
            EndpointName=self.endpoint,
            ContentType="application/json",
            Body=json.dumps({**_chat(tokens), "stream": True}),
            **options,
        )
        with closing(answer["Body"]) as events:
            for event in events:
                yield event["PayloadPart"]["Bytes"]

    def delete(self) -> None:
        """Delete the endpoint, and wait until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=self.endpoint)
        eventually(lambda: not self.exists())

    def exists(self) -> bool:
        found = self.sagemaker.list_endpoints(NameContains=self.endpoint)
        return bool(found["Endpoints"])


def _chat(tokens: int) -> dict[str, Any]:
    messages = [{"role": "user", "content": "abc"}]
    return {"messages": messages, "max_tokens": tokens, "ignore_eos": True}


@contextmanager
def under_load(deployment: Deployment) -> Iterator[list[str]]:
    """Invoke all the time; yields the list of the models that answered."""
    answered: list[str] = []
    failures: list[Exception] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                answered.append(deployment.invoke(tokens=20)["model"])
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


def until_answered(deployment: Deployment) -> dict[str, Any]:
    """Ask again while no instance is healthy, or one is still dying."""
    errors = deployment.runtime.exceptions

    def ask() -> dict[str, Any]:
        with suppress(errors.ServiceUnavailable, errors.ModelError):
            return deployment.invoke(tokens=1)
        return {}

    return poll(ask, bool)


def kill_engine(cloud: Cloud, alias: str) -> psutil.Process:
    """Kill the first engine with an alias that is there to be killed: they come and go."""

    def kill() -> psutil.Process | None:
        for engine in engines(cloud, alias):
            with suppress(psutil.NoSuchProcess):
                engine.kill()
                return engine
        return None

    killed = poll(kill, bool)
    assert killed is not None
    return killed


def answering(cloud: Cloud, alias: str) -> list[psutil.Process]:
    """The engines with an alias that have a request, as their open connections tell."""
    found = []
    for engine in engines(cloud, alias):
        with suppress(psutil.NoSuchProcess):
            connections = engine.net_connections("tcp")
            if any(one.status == psutil.CONN_ESTABLISHED for one in connections):
                found.append(engine)
    return found


def engines(cloud: Cloud, alias: str = "") -> list[psutil.Process]:
    """A server's engine processes, or those with an alias."""
    found = []
    for process in psutil.Process(cloud.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            command = process.cmdline()
            if "localcloud.engines.llama_cpp" in command and (not alias or alias in command):
                found.append(process)
    return found
