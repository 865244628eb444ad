"""A transform job as it runs: instances share its files, each file's result is written whole."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from localcloud.awsjson.service import Scope
from localcloud.awsjson.shapes import Document
from localcloud.awsjson.timestamps import now
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.provisioning import DedicatedPlacement, Provisioner
from localcloud.sagemaker.replicas.container import make_container
from localcloud.sagemaker.replicas.container_logs import ContainerLog
from localcloud.sagemaker.replicas.replica import Replica, all_healthy, stop_all
from localcloud.sagemaker.storage.model_data import ModelCache
from localcloud.sagemaker.storage.objects import ObjectError, Objects, S3Uri
from localcloud.sagemaker.transform.client import TransformClient
from localcloud.sagemaker.transform.input import InputError, InputFile, input_files
from localcloud.sagemaker.transform.records import (
    MEGABYTE,
    Batch,
    DataProcessing,
    RecordError,
    assemble,
    batches,
    split,
)

logger = logging.getLogger(__name__)

LOG_GROUP = "/aws/sagemaker/TransformJobs"

DEFAULT_PAYLOAD_MB = 6

LONGEST_REASON = 1024
"""Characters of a failure reason, from the service's model."""


@dataclass
class _File:
    """A file in progress.

    Attributes:
        results: results by the position of a batch's first record.
    """

    source: InputFile
    batches: list[Batch]
    results: dict[int, list[bytes]] = field(default_factory=dict)
    failed: bool = False

    @property
    def complete(self) -> bool:
        return len(self.results) == len(self.batches)


class TransformJob:
    """A transform job and its files in progress.

    Files, not records, are distributed: an instance takes the next file as soon as it
    may send one more request, for the file's first record.

    Attributes:
        document: the job as `DescribeTransformJob` gives it.
    """

    def __init__(
        self,
        document: Document,
        model: Document,
        scope: Scope,
        *,
        models: ModelCache,
        objects: Objects,
        provisioner: Provisioner,
        on_change: Callable[[TransformJob], None],
    ) -> None:
        self.document = document
        self._model = model
        self._session = Session(model["ExecutionRoleArn"], "SageMaker", scope.region)
        self._models = models
        self._objects = objects
        resources = document["TransformResources"]
        self._placement = DedicatedPlacement(provisioner, [resources["InstanceType"]])
        self._on_change = on_change
        self._client = TransformClient.of(document)
        self._processing = DataProcessing(document.get("DataProcessing", {}))
        self._files: deque[InputFile] = deque()
        self._problems: list[str] = []
        self._replicas: list[Replica] = []
        self._enter("InProgress")
        self._work = asyncio.create_task(self._transform())
        self._running = asyncio.create_task(self._run())

    @property
    def status(self) -> str:
        """`InProgress`, `Stopping`, or how it ended."""
        return str(self.document["TransformJobStatus"])

    def stop(self) -> None:
        """Begin to stop: what is not complete is not written."""
        self._enter("Stopping")
        self._work.cancel()

    async def ended(self) -> None:
        """Wait for its end."""
        await asyncio.wait([self._running])

    def _enter(self, status: str) -> None:
        self.document["LastModifiedTime"] = now()
        self.document["TransformJobStatus"] = status
        self._on_change(self)

    async def _run(self) -> None:
        try:
            await self._work
        except asyncio.CancelledError:
            pass  # by `stop`
        except (InputError, DeploymentFailedError) as error:
            self._problems = [str(error)]
        except Exception as error:
            logger.exception("transform job %s failed", self.document["TransformJobName"])
            self._problems = [f"InternalServerError: {error}"]
        await stop_all(self._replicas)
        self.document["TransformEndTime"] = now()
        if self.status == "Stopping":
            self._enter("Stopped")
        elif self._problems:
            self.document["FailureReason"] = self._problems[0][:LONGEST_REASON]
            self._enter("Failed")
        else:
            self._enter("Completed")

    async def _transform(self) -> None:
        source = self.document["TransformInput"]["DataSource"]["S3DataSource"]
        self._files.extend(await input_files(source, self._session, self._objects))
        await self._launch()
        self.document["TransformStartTime"] = now()
        async with asyncio.TaskGroup() as group:
            for replica in self._replicas:
                group.create_task(self._serve(replica))

    async def _launch(self) -> None:
        container = await make_container(
            self._model,
            self._session,
            self._models,
            environment=self.document.get("Environment", {}),
            unhealthy="AlgorithmError: The container did not pass the ping health check. See job "
            "logs for more information.",
        )
        name = self.document["TransformJobName"]
        count = self.document["TransformResources"]["InstanceCount"]
        for slot in self._placement.allocate(count):
            log = ContainerLog(self._session, LOG_GROUP, f"{name}/{slot.instance.id}")
            self._replicas.append(Replica(container, slot, log))
        await all_healthy(self._replicas)

    async def _serve(self, replica: Replica) -> None:
        """Have one instance transform files until there are none left."""
        permits = asyncio.Semaphore(self.document.get("MaxConcurrentTransforms") or 1)
        async with asyncio.TaskGroup() as group:
            while self._files:
                file = await self._open(self._files.popleft())
                for batch in file.batches:
                    await permits.acquire()
                    if file.failed:
                        permits.release()
                        break
                    sending = group.create_task(self._send(file, batch, replica))
                    sending.add_done_callback(lambda _: permits.release())

    async def _open(self, source: InputFile) -> _File:
        settings = self.document["TransformInput"]
        file = _File(source, [])
        try:
            content = await self._objects.get(self._session, source.uri)
            if settings.get("CompressionType") == "Gzip":
                content = await asyncio.to_thread(gzip.decompress, content)
            file.batches = batches(
                split(content, settings.get("SplitType", "None")),
                several=self.document.get("BatchStrategy", "MultiRecord") == "MultiRecord",
                largest=self.document.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB) * MEGABYTE,
            )
        except (RecordError, ObjectError, OSError, EOFError) as error:
            self._fail(file, "ClientError", str(error))
        else:
            if file.complete:  # it has no records
                await self._write(file)
        return file

    async def _send(self, file: _File, batch: Batch, replica: Replica) -> None:
        try:
            answer = await self._client.send(replica, self._processing.request(batch))
            file.results[batch.first] = self._processing.results(batch, answer)
        except RecordError as error:
            self._fail(file, error.blamed, f"{batch.position}: {error}")
        if file.complete and not file.failed:
            await self._write(file)

    async def _write(self, file: _File) -> None:
        output = self.document["TransformOutput"]
        results = [result for first in sorted(file.results) for result in file.results[first]]
        destination = S3Uri.parse(output["S3OutputPath"]) / f"{file.source.name}.out"
        content = assemble(results, output.get("AssembleWith", "None"))
        try:
            kind = output.get("Accept", "application/octet-stream")
            await self._objects.put(self._session, destination, content, kind)
        except ObjectError as error:
            self._fail(file, "ClientError", f"the result cannot be written: {error}")

    def _fail(self, file: _File, blamed: str, problem: str) -> None:
        if not file.failed:
            file.failed = True
            told = f"{file.source.uri.bucket}/{file.source.uri.key}: {problem}"
            self._problems.append(f"{blamed}: {told}. See job logs for more information.")
            self._log(told)

    def _log(self, line: str) -> None:
        log = ContainerLog(self._session, LOG_GROUP, f"{self._replicas[0].log.name}/data-log")
        log.write(f"[sagemaker logs]: {line}")
        log.flush()
