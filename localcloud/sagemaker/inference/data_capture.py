"""Data capture: what goes into an endpoint and comes out of it, as lines of objects in S3.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.inference.invocation import Invocation
from localcloud.sagemaker.storage.objects import ObjectError, Objects, S3Uri

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
"""Time for which lines are collected before they are an object: minutes on SageMaker."""

_ENCODINGS = {"JsonContentTypes": "JSON", "CsvContentTypes": "CSV"}


@dataclass
class Recording:
    """An answer as it went out.

    Attributes:
        variant: name of the variant that gave it.
    """

    variant: str = ""
    content_type: str = ""
    chunks: list[bytes] = field(default_factory=list)

    def hear(self, variant: str, content_type: str, chunk: bytes) -> None:
        """Take a piece of the answer, or all of it."""
        self.variant, self.content_type = variant, content_type
        self.chunks.append(chunk)


class DataCapture:
    """The lines of all endpoints that are not in S3 yet."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._lines: defaultdict[tuple[Endpoint, str], list[str]] = defaultdict(list)
        self._flushes: set[asyncio.Task[None]] = set()

    def samples(self, endpoint: Endpoint) -> bool:
        """Decide whether the next request to an endpoint is captured."""
        config = endpoint.config.get("DataCaptureConfig", {})
        share = config.get("InitialSamplingPercentage", 0) / 100
        # EnableCapture is true where it is not said.
        return bool(config.get("EnableCapture", True)) and random.random() < share  # noqa: S311

    def keep(self, endpoint: Endpoint, invocation: Invocation, answer: Recording) -> None:
        """Have a request and its answer written, with others of the variant."""
        line = _line(endpoint.config["DataCaptureConfig"], invocation, answer)
        lines = self._lines[endpoint, answer.variant]
        lines.append(json.dumps(line))
        if len(lines) == 1:
            flush = asyncio.create_task(self._flush(endpoint, answer.variant))
            self._flushes.add(flush)
            flush.add_done_callback(self._flushes.discard)

    async def _flush(self, endpoint: Endpoint, variant: str) -> None:
        config = endpoint.config["DataCaptureConfig"]
        await asyncio.sleep(FLUSH_SECONDS)
        lines = self._lines.pop((endpoint, variant))
        now = datetime.now(UTC)
        name = f"{endpoint.name}/{variant}/{now:%Y/%m/%d/%H/%M-%S}-{uuid4()}.jsonl"
        place = S3Uri.parse(config["DestinationS3Uri"]) / name
        content = "".join(f"{line}\n" for line in lines).encode()
        try:
            await self._objects.put(endpoint.session, place, content, "application/json")
        except ObjectError as error:
            logger.error("captured data of endpoint %s is lost: %s", endpoint.name, error)


def _line(config: Document, invocation: Invocation, answer: Recording) -> Document:
    asked = invocation.headers.get("content-type", "")
    sides = {
        "Input": ("endpointInput", asked, invocation.body),
        "Output": ("endpointOutput", answer.content_type, b"".join(answer.chunks)),
    }
    modes = [option["CaptureMode"] for option in config["CaptureOptions"]]
    given = invocation.headers.get("x-amzn-sagemaker-inference-id")
    return {
        "captureData": {
            name: _side(config, mode, content_type, content)
            for mode, (name, content_type, content) in sides.items()
            if mode in modes or "InputAndOutput" in modes
        },
        "eventMetadata": {
            "eventId": str(uuid4()),
            **({"inferenceId": given} if given else {}),
            "inferenceTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        },
        "eventVersion": "0",
    }


def _side(config: Document, mode: str, content_type: str, content: bytes) -> Document:
    known = config.get("CaptureContentTypeHeader", {})
    kind = content_type.partition(";")[0]
    encoding = next((word for name, word in _ENCODINGS.items() if kind in known.get(name, [])), "")
    text = content.decode(errors="replace") if encoding else base64.b64encode(content).decode()
    return {
        "observedContentType": content_type,
        "mode": mode.upper(),
        "data": text,
        "encoding": encoding or "BASE64",
    }
