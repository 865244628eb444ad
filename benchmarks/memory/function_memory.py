"""Measure the memory that functions need for the largest inputs, with the size as the limit.

Each runs as it is packaged, in a process of its own, over the local cloud's S3 and SQS. Where no
control group can be made the script says so, and nothing limits a process.

    .venv/bin/python benchmarks/memory/function_memory.py [--file-mb 180]
"""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, cast

import boto3
from packaged_functions import PackagedFunctions, in_local_cloud, print_memory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lambda_api.aws.s3 import S3Store  # noqa: E402
from lambda_api.batches.schemas import CHAT_COMPLETIONS, BatchRequest  # noqa: E402
from lambda_api.batches.service import BatchService  # noqa: E402
from lambda_api.batches.steps.run import BatchRuns  # noqa: E402
from lambda_api.chat.service import MAX_PAYLOAD_BYTES, ChatService  # noqa: E402
from lambda_api.engine.served_models import ServedModels  # noqa: E402
from lambda_api.response_requests.schemas import ResponseRequest  # noqa: E402
from lambda_api.responses.background import Accepted, Background  # noqa: E402
from lambda_api.responses.service import ResponseService  # noqa: E402
from lambda_api.responses.store import ResponseStore  # noqa: E402
from lambda_api.retrieval.grounded_chat import GroundedChat  # noqa: E402
from lambda_api.settings import Settings  # noqa: E402
from lambda_api.webhooks.events import event as webhook_event  # noqa: E402
from stacks.constructs.function import memory as sizes  # noqa: E402
from stacks.constructs.function.package import build_bundle  # noqa: E402
from tests.support.service.batch_world import OWNER, Executions, request, transform  # noqa: E402
from tests.support.service.standin_runtime import completion  # noqa: E402

HANDLERS = "lambda_api.handlers"
BUCKET = "jobs"
VARIABLES = {
    "TWIN_STAGE": "local",
    "TWIN_ENDPOINT_NAME": "twin-local",
    "TWIN_MODEL_ID": "twin",
    "TWIN_ENGINE": "vllm",
    "TWIN_ASYNC_BUCKET": BUCKET,
    "TWIN_BATCH_BUCKET": BUCKET,
    "TWIN_BATCH_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:000000000042:stateMachine:m",
}
UPLOAD_BYTES = 4_400_000
"""The most of a file that API Gateway hands to a function, which gets it in base64."""
TEXT = "Grüße 👋 an alle. "
"""Python keeps four bytes a character of a text with such a one, which is the most."""


class Queue:
    """An asynchronous endpoint whose answers are at hand already."""

    def __init__(self, store: S3Store) -> None:
        self.store = store
        self.name = ""

    def submit(self, inference_id: str, payload: bytes) -> Accepted:
        """Refuse a small request: all here lie in S3."""
        raise NotImplementedError

    def submit_stored(self, inference_id: str, _uri: str) -> Accepted:
        self.name = inference_id
        output, failure = (f"async/{kind}/{inference_id}.out" for kind in ("output", "failures"))
        return Accepted(self.store.uri(output), self.store.uri(failure))

    def queue(self) -> None:
        """Queue a response whose request and answer have 6 MB each."""
        chat = GroundedChat(ChatService(ServedModels("twin"), cast("Any", None)))
        kept = ResponseStore(self.store)
        service = ResponseService(chat, lambda: kept, Background(lambda: self, 3600))
        text = TEXT * ((MAX_PAYLOAD_BYTES - 1000) // len(TEXT.encode()))
        service.enqueue(ResponseRequest(model="twin", input=text, background=True), OWNER)
        self.store.put(f"async/output/{self.name}.out", completion(text).body)


def message(body: str) -> dict[str, Any]:
    """A message of a queue, as Lambda hands it over the first time."""
    record: dict[str, Any] = {"eventSource": "aws:sqs", "messageId": "m", "body": body}
    return record | {"receiptHandle": "r", "attributes": {"ApproximateReceiveCount": "1"}}


def uploaded(size: int) -> dict[str, Any]:
    """API Gateway's event of an upload."""
    path = ROOT / "tests" / "integration" / "events" / "rest_get_models.json"
    event: dict[str, Any] = json.loads(path.read_text())
    form = "multipart/form-data; boundary=b"
    fields = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\n'
    fields += b'Content-Disposition: form-data; name="file"; filename="r.jsonl"\r\n\r\n'
    body = b64encode(fields + b"x" * size + b"\r\n--b--\r\n").decode()
    event["headers"]["Content-Type"], event["multiValueHeaders"]["Content-Type"] = form, [form]
    return event | {
        "httpMethod": "POST",
        "path": "/v1/files",
        "resource": "/v1/files",
        "body": body,
        "isBase64Encoded": True,
    }


def lines(total: int, of_bytes: int) -> Iterator[bytes]:
    """A batch's requests, of a size each."""
    room = of_bytes - len(json.dumps(request("r0000000")))
    content = TEXT * (room // len(TEXT.encode()))
    messages = [{"role": "user", "content": content}]
    for number in range(max(1, total // of_bytes)):
        body = {"model": "twin", "messages": messages}
        line = request(f"r{number:07}", body=body)
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def batch(
    functions: PackagedFunctions, runs: BatchRuns, file_mb: int, line_bytes: int
) -> list[str]:
    """Memory of preparing a batch and of collecting its answers, which repeat the requests."""
    file_id = runs.files.new_id()
    parts = lines(file_mb * 10**6, line_bytes)
    runs.files.write(OWNER, file_id, "requests.jsonl", parts, purpose="batch")
    batches = BatchService(runs.batches, runs.files, Executions, "twin")
    wanted = BatchRequest(input_file_id=file_id, endpoint=CHAT_COMPLETIONS, completion_window="24h")
    event = {"owner": OWNER, "batch_id": batches.create(OWNER, wanted).id}
    prepared, step = functions.call(f"{HANDLERS}.batch_prepare", sizes.BATCH_STEP_MB, event)
    transform(runs.store, step)
    event["job_name"] = step["job_name"]
    collected, _ = functions.call(f"{HANDLERS}.batch_collect", sizes.BATCH_STEP_MB, event)
    counts = batches.get(OWNER, event["batch_id"]).request_counts
    assert counts.completed == counts.total > 0, counts
    return [prepared, collected]


def completed(functions: PackagedFunctions, store: S3Store) -> list[str]:
    """Memory of settling a response told of by SageMaker, and one that the watch looks at."""
    queue = Queue(store)
    queue.queue()
    news: dict[str, Any] = {"invocationStatus": "Completed", "inferenceId": queue.name}
    news["responseParameters"] = {"outputLocation": store.uri(f"async/output/{queue.name}.out")}
    event = {"Records": [{"Sns": {"Message": json.dumps(news)}}]}
    told, _ = functions.call(f"{HANDLERS}.async_completion", sizes.COMPLETION_MB, event)
    queue.queue()
    event = {"Records": [message(queue.name)]}
    seen, answer = functions.call(f"{HANDLERS}.async_completion", sizes.COMPLETION_MB, event)
    assert answer == {"batchItemFailures": []}, answer
    return [told, seen]


def sent(functions: PackagedFunctions) -> str:
    """Memory of taking the largest file that comes through API Gateway."""
    spent, answer = functions.call(f"{HANDLERS}.control", sizes.CONTROL_MB, uploaded(UPLOAD_BYTES))
    assert answer is None or answer["statusCode"] == 200, answer
    return spent


class Listener(BaseHTTPRequestHandler):
    """A receiver of webhooks, and CloudFormation as custom resources answer it."""

    told: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        self.told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def do_PUT(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def delivered(functions: PackagedFunctions) -> str:
    """Memory of delivering ten events, the most of a batch."""
    records = [message(webhook_event("response.completed", f"resp_{0:032x}", 1))] * 10
    event = {"Records": records}
    spent, answer = functions.call(f"{HANDLERS}.webhook_delivery", sizes.DELIVERY_MB, event)
    assert answer == {"batchItemFailures": []}, answer
    return spent


def handed_over(functions: PackagedFunctions) -> str:
    """Memory of a handover of scaling: its clients, and an answer to CloudFormation."""
    before = {"Endpoint": "twin-local", "Variant": "old", "Config": "a", "Bucket": BUCKET}
    before |= {"Prefix": "scaling/", "StackName": "twin-local-serving", "Moment": "before"}
    event = {
        **dict.fromkeys(("StackId", "RequestId", "LogicalResourceId"), "x"),
        "RequestType": "Update",
        "ResponseURL": functions.variables["TWIN_WEBHOOK_URL"],
        "OldResourceProperties": before,
        "ResourceProperties": {**before, "Variant": "new", "Config": "b"},
    }
    spent, _ = functions.call(f"{HANDLERS}.scaling_handover", sizes.HANDOVER_MB, event)
    assert Listener.told[-1]["Status"] == "SUCCESS", Listener.told[-1]
    return spent


@contextmanager
def listening() -> Iterator[str]:
    """Yield the address of a listener."""
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def rows(functions: PackagedFunctions, file_mb: int) -> Iterator[tuple[str, int, str]]:
    """Names, sizes and memory of functions."""
    store = S3Store.connect(BUCKET)
    yield "delivery: ten events", sizes.DELIVERY_MB, delivered(functions)
    yield "handover of scaling", sizes.HANDOVER_MB, handed_over(functions)
    yield "control: an upload of 4.4 MB", sizes.CONTROL_MB, sent(functions)
    for way, spent in zip(("told of", "watched"), completed(functions, store), strict=True):
        yield f"completion: an answer of 6 MB, {way}", sizes.COMPLETION_MB, spent
    runs = BatchRuns(store, Settings.from_environment())
    for line_bytes in (3_600, MAX_PAYLOAD_BYTES - 1000):
        spents = batch(functions, runs, file_mb, line_bytes)
        file = f"a file of {file_mb} MB, lines of {line_bytes / 1e6:.2g} MB"
        for step, spent in zip(("prepare", "collect"), spents, strict=True):
            yield f"{step}: {file}", sizes.BATCH_STEP_MB, spent


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file-mb", type=int, default=180, help="size of a batch's file")
    file_mb = parser.parse_args().file_mb
    bundle = build_bundle(ROOT, platform="host")
    with in_local_cloud(bundle, VARIABLES) as functions, listening() as url:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        queue = boto3.client("sqs").create_queue(QueueName="watches")["QueueUrl"]
        secret = boto3.client("secretsmanager").create_secret(
            Name="webhook", SecretString="whsec_" + b64encode(bytes(24)).decode()
        )
        functions.variables.update(
            TWIN_RESPONSE_WATCH_QUEUE_URL=queue,
            TWIN_WEBHOOK_QUEUE_URL=queue,
            TWIN_WEBHOOK_SECRET_ARN=secret["ARN"],
            TWIN_WEBHOOK_URL=url,
        )
        print_memory(rows(functions, file_mb))


if __name__ == "__main__":
    main()
