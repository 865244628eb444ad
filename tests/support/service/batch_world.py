"""A bucket, the functions of the state machine over it, and jobs as SageMaker runs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from urllib.parse import urlsplit

from lambda_api.batches.removal import FileCopies
from lambda_api.batches.schemas import CHAT_COMPLETIONS, Batch, BatchRequest, EndpointPath
from lambda_api.batches.service import BatchService
from lambda_api.batches.steps.collect import collect
from lambda_api.batches.steps.prepare import prepare
from lambda_api.batches.steps.run import BatchRuns
from lambda_api.batches.store import BatchStore
from lambda_api.settings import Settings
from lambda_api.storage.object_store import ObjectStore
from tests.support.service.faulty_store import FaultyStore
from tests.support.service.memory_store import MemoryStore

OWNER = "0" * 32
REFUSED = {"Error": "States.TaskFailed", "Cause": '{"FailureReason":"ClientError: 400"}'}
BROKEN = {"Error": "States.TaskFailed", "Cause": '{"FailureReason":"AlgorithmError: ping"}'}


QUESTIONS: dict[EndpointPath, Callable[[str], Any]] = {
    "/v1/chat/completions": lambda text: {"messages": [{"role": "user", "content": text}]},
    "/v1/completions": lambda text: {"prompt": text},
    "/v1/responses": lambda text: {"input": text},
}
"""The fields of a question, by the route that answers."""


def request(
    custom_id: str, path: EndpointPath = CHAT_COMPLETIONS, **changes: Any
) -> dict[str, Any]:
    body = {"model": "twin", **QUESTIONS[path](f"about {custom_id}")}
    line = {"custom_id": custom_id, "method": "POST", "url": path, "body": body}
    return {**line, **changes}


def jsonl(lines: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def requests(count: int, path: EndpointPath = CHAT_COMPLETIONS) -> bytes:
    return jsonl(request(f"r{n}", path) for n in range(count))


def custom_ids(lines: Iterable[dict[str, Any]]) -> list[str]:
    return [line["custom_id"] for line in lines]


@dataclass
class Executions:
    calls: list[tuple[str, str]] = field(default_factory=list)
    running: set[str] = field(default_factory=set)

    def start(self, name: str, data: Any) -> None:
        self.calls.append(("start", name))
        self.running.add(name)

    def stop(self, name: str) -> None:
        self.calls.append(("stop", name))
        self.running.discard(name)

    def is_running(self, name: str) -> bool:
        return name in self.running


class World:
    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(
            stage="local",
            endpoint_name="twin-local",
            model_id="twin",
            engine="vllm",
            batch_bucket="batches",
            **{"batch_lines_per_shard": 3, "batch_instance_count": 2, **settings},
        )
        self.now = 1_800_000_000.0
        self.store = FaultyStore(MemoryStore())
        self.unreadable: list[str] = []
        self.executions = Executions()
        self.runs = BatchRuns(self.store, self.settings, clock=lambda: self.now)
        states = BatchStore(self.store)
        self.files = replace(
            self.runs.files, uses=(FileCopies(states),), note_unreadable=self.unreadable.append
        )
        self.batches = BatchService(
            states,
            self.files,
            lambda: self.executions,
            "twin",
            clock=lambda: self.now,
            note_unreadable=self.unreadable.append,
        )

    def submit(self, content: bytes, path: EndpointPath = CHAT_COMPLETIONS) -> Batch:
        file = self.files.create(OWNER, "requests.jsonl", content)
        wanted = BatchRequest(input_file_id=file.id, endpoint=path, completion_window="24h")
        return self.batches.create(OWNER, wanted)

    def prepare(self, batch: Batch) -> dict[str, Any]:
        return prepare(self.runs, OWNER, batch.id)

    def collect(self, batch: Batch, step: dict[str, Any], error: Any = None) -> dict[str, Any]:
        return collect(self.runs, OWNER, batch.id, step["job_name"], error)

    def get(self, batch: Batch) -> Batch:
        return self.batches.get(OWNER, batch.id)

    def transform(
        self, step: dict[str, Any], refused: Collection[str] = (), random: Random | None = None
    ) -> bool:
        return transform(self.store, step, refused, random)

    def lines(self, file_id: str | None) -> list[dict[str, Any]]:
        if file_id is None:
            return []
        content = b"".join(self.files.content(OWNER, self.files.get(OWNER, file_id)))
        return [json.loads(line) for line in content.splitlines()]


def transform(
    store: ObjectStore,
    step: dict[str, Any],
    refused: Collection[str] = (),
    random: Random | None = None,
) -> bool:
    """Run a job; a file with a refused request is left out. Whether all came back."""
    came_back = True
    source, target = (urlsplit(step[uri]).path[1:] for uri in ("input_uri", "output_uri"))
    for info in list(store.list(source)):
        shard = store.get(info.key)
        lines = [json.loads(line) for line in shard.body.splitlines()] if shard else []
        if any(line["id"] in refused for line in lines):
            came_back = False
            continue
        if random:
            random.shuffle(lines)
        store.put(f"{target}/{info.key.removeprefix(source)}.out", jsonl(map(answered, lines)))
    return came_back


def answered(line: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": line["request"]["messages"][0]["content"]}
    answer = {
        "id": "chatcmpl-1",
        "created": 1_800_000_000,
        "model": "/opt/ml/model",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 3,
            "completion_tokens": 4,
            "total_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": 2},
        },
    }
    return {"id": line["id"], "SageMakerOutput": answer}
