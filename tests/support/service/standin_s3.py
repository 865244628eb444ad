"""A stand-in for S3 and for the asynchronous endpoint that writes into it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import md5
from urllib.parse import unquote

from tests.support.service.standin_runtime import Received, Reply

_MODIFIED = "Mon, 23 Nov 2026 08:00:00 GMT"


@dataclass
class StandInS3:
    """Objects by bucket and key; answers what a StandInRuntime receives."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, call: Received) -> Reply:
        key = unquote(call.path.split("?")[0].lstrip("/"))
        if call.method == "PUT":
            return self._put(key, call)
        if call.method == "DELETE":
            self.objects.pop(key, None)
            return Reply(204, b"")
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        return Reply(200, self.objects[key], _headers(self.objects[key]))

    def _put(self, key: str, call: Received) -> Reply:
        if call.headers.get("if-none-match") == "*" and key in self.objects:
            return _error(412, "PreconditionFailed")
        self.objects[key] = call.body
        return Reply(200, b"", _headers(call.body))


@dataclass
class StandInQueue:
    """Accepts what is queued; `end` writes an answer as SageMaker does, and gives its message."""

    s3: StandInS3
    bucket: str
    accepted: list[Received] = field(default_factory=list)

    def accept(self, call: Received) -> Reply:
        self.accepted.append(call)
        name = call.headers["x-amzn-sagemaker-inference-id"]
        where = {
            "x-amzn-sagemaker-outputlocation": f"s3://{self.bucket}/{_key('output', name)}",
            "x-amzn-sagemaker-failurelocation": f"s3://{self.bucket}/{_key('failures', name)}",
        }
        return Reply(202, json.dumps({"InferenceId": name}).encode(), where)

    def input(self) -> dict:
        """What the last request asks the engine."""
        call = self.accepted[-1]
        location = call.headers.get("x-amzn-sagemaker-inputlocation", "")
        body = self.s3.objects[location.removeprefix("s3://")] if location else call.body
        return json.loads(body)

    def end(self, answer: Reply) -> str:
        """Answer the last request."""
        name = self.accepted[-1].headers["x-amzn-sagemaker-inference-id"]
        self.s3.objects[f"{self.bucket}/{_key('output', name)}"] = answer.body
        told = {
            "invocationStatus": "Completed",
            "inferenceId": name,
            "responseParameters": {"outputLocation": f"s3://{self.bucket}/{_key('output', name)}"},
        }
        return json.dumps(told)


def _key(kind: str, name: str) -> str:
    return f"async/{kind}/{name}.out"


def _headers(body: bytes) -> dict[str, str]:
    return {"etag": f'"{md5(body).hexdigest()}"', "last-modified": _MODIFIED}


def _error(status: int, code: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>x</Message></Error>".encode()
    return Reply(status, body, {"content-type": "application/xml"})
