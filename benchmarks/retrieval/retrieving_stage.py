"""A local stage with documents: its bucket, its search function, and requests to its API."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
import psutil
from botocore.config import Config
from random_store import fill

from features.aws.s3 import S3Bucket
from features.embedding.embedder import EmbedderIdentity
from features.embedding.minilm import MiniLM
from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.client.conversation import connect, served_model
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs, stack_outputs

sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]
from tests.support.embedder import embedder_directory  # noqa: E402

STORE = "docs"
_SEARCH = re.compile(r"-retrieval-Search[0-9A-F]{8}")
_MEASURED = "RetrievalMilliseconds"
MOST_RESULTS = 3
_TOOL = {
    "type": "file_search",
    "vector_store_ids": [f"vs_{STORE}"],
    "max_num_results": MOST_RESULTS,
}


class OutageCloud(LocalCloud):
    """A local cloud whose S3 can be told to refuse."""

    module = "benchmarks.accepted_work.refusing_cloud"

    @property
    def flag(self) -> Path:
        """The file while which is there S3 refuses."""
        return self.directory / "s3-is-away"


@dataclass(frozen=True)
class RetrievingStage:
    """A deployed stage.

    Attributes:
        cloud: The cloud that it is in.
        outputs: Its outputs.
        retrieval: Outputs of its retrieval stack.
        model: Name of the served model.
    """

    cloud: OutageCloud
    outputs: StageOutputs
    retrieval: dict[str, str]
    model: str
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        """The bucket of documents and of the index."""
        return self.retrieval["BucketName"]

    def client(self, service: str) -> Any:
        """Return a client of boto3."""
        if service not in self._clients:
            config = Config(read_timeout=120, max_pool_connections=20)
            session: Any = self.cloud.session
            origin = self.cloud.settings.origin
            self._clients[service] = session.client(service, endpoint_url=origin, config=config)
        return self._clients[service]

    def fill(self, chunks: int) -> None:
        """Publish so many random chunks beside the others, and wait until a search sees them."""
        fill(S3Bucket(self.client("s3"), self.bucket), STORE, chunks, self._embedder)
        while self.search(status=True).get("chunks", 0) < chunks:
            time.sleep(1)

    @cached_property
    def _embedder(self) -> EmbedderIdentity:
        """The identity of the stage's embedder."""
        return MiniLM.load(embedder_directory()).identity

    def search(self, **event: Any) -> dict[str, Any]:
        """Invoke the search function."""
        answer = self.client("lambda").invoke(
            FunctionName=self.retrieval["SearchFunctionName"],
            Payload=json.dumps({"store": STORE, **event}),
        )
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        return found

    def cpu_seconds(self) -> float:
        """Return the CPU that the cloud's processes have taken so far: the engine's too."""
        server = self.cloud.process()
        assert server is not None
        return sum(map(_cpu_seconds, [server, *server.children(recursive=True)]))

    def retrieval_milliseconds(self, since: float) -> list[float]:
        """Return how long each search before an answer took, as the service's own log has it.

        Args:
            since: Unix seconds of the first line.
        """
        logs = self.client("logs")
        lines = [
            json.loads(event["message"])
            for group in logs.describe_log_groups()["logGroups"]
            for page in logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"],
                startTime=int(since * 1000),
                filterPattern=_MEASURED,
            )
            for event in page["events"]
            if event["message"].startswith("{")
        ]
        return [line[_MEASURED][0] for line in lines if _MEASURED in line]

    def kill_search(self) -> int:
        """Kill the search function's processes; return how many."""
        server = self.cloud.process()
        assert server is not None
        victims = [one for one in server.children(recursive=True) if _is_search(one)]
        for victim in victims:
            victim.kill()
        return len(victims)

    def request(
        self, question: str, *, searches: bool, tokens: int, stream: bool
    ) -> dict[str, Any]:
        """Return the body of a chat request."""
        tools = {"tools": [_TOOL]} if searches else {}
        return {
            "model": self.model,
            "messages": [{"role": "user", "content": question}],
            "stream": stream,
            "temperature": 0,
            "max_tokens": tokens,
            **tools,
        }

    def http(self) -> httpx2.Client:
        """Return a client of the API."""
        key = self.outputs.api_key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}"}
        return httpx2.Client(
            base_url=str(self.outputs.openai_base_url), headers=headers, timeout=60
        )


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _is_search(process: psutil.Process) -> bool:
    try:
        return bool(_SEARCH.search(" ".join(process.cmdline())))
    except psutil.Error:
        return False


@contextmanager
def deployed() -> Iterator[RetrievingStage]:
    """Deploy the stage `local` to a cloud of its own."""
    with tempfile.TemporaryDirectory() as directory:
        cloud = OutageCloud(Settings(port=free_port(), data_dir=Path(directory)))
        try:
            cloud.start(stop_with_us=True)
            deployment = LocalDeployment(cloud)
            began = time.perf_counter()
            outputs = deployment.deploy()
            stack = deployment.config.stack_name("retrieval")
            told = stack_outputs(cloud.session, cloud.settings.origin, stack)
            with connect(outputs) as client:
                stage = RetrievingStage(cloud, outputs, told, served_model(client))
            print(f"deployed after {time.perf_counter() - began:.0f} s", flush=True)
            yield stage
        finally:
            cloud.stop()
