"""Measure the memory that functions need for the largest inputs, with the size as the limit.

Each runs as it is packaged, in a process of its own, over the local cloud's S3 and SQS. Where no
control group can be made the script says so, and nothing limits a process.

    .venv/bin/python benchmarks/function_memory.py [--file-mb 180]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import boto3
from table import machine

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "service")]

from control_group import Group, memory  # noqa: E402

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
from localcloud.ports import free_port  # noqa: E402
from localcloud.settings import Settings as CloudSettings  # noqa: E402
from localcloud.web_adapter.package import unpack  # noqa: E402
from stacks.constructs.function import memory as sizes  # noqa: E402
from stacks.constructs.function.package import build_bundle  # noqa: E402
from tests.support.aws_environment import aws_environment  # noqa: E402
from tests.support.service.batch_world import OWNER, Executions, request, transform  # noqa: E402
from tests.support.service.standin_runtime import completion  # noqa: E402
from twin.local.cloud import LocalCloud  # noqa: E402

BUCKET = "jobs"
UPLOAD_BYTES = 4_400_000
"""The most of a file that API Gateway hands to a function, which gets it in base64."""
TEXT = "Grüße 👋 an alle. "
"""Python keeps four bytes a character of a text with such a one, which is the most."""
FUNCTION = """
import importlib, json, sys, types
sys.path.insert(0, ".")
def peak():
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
handler = importlib.import_module("lambda_api.handlers." + sys.argv[1]).handler
idle, context = peak(), types.SimpleNamespace(aws_request_id="0")
answer = handler(json.load(sys.stdin), context)
print(json.dumps({"idle": idle, "peak": peak(), "answer": answer}))
"""


@dataclass(frozen=True)
class Functions:
    """The functions as they are packaged, with the stage's variables."""

    package: Path
    variables: dict[str, str]

    def call(self, module: str, size: int, event: dict[str, Any]) -> tuple[str, Any]:
        """Have a fresh environment of a size handle an event; give its memory and its answer."""
        group = Group("memory", memory(size))
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-c", FUNCTION, module],
                cwd=self.package,
                env=self.variables,
                input=json.dumps(event),
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=group.join,
            )
        finally:
            group.remove()
        if done.returncode:
            return f"ended with {done.returncode}", None
        told = json.loads(done.stdout.splitlines()[-1])
        return f"{told['idle']:.0f} / {told['peak']:.0f}", told["answer"]


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


def batch(functions: Functions, runs: BatchRuns, file_mb: int, line_bytes: int) -> list[str]:
    """Memory of preparing a batch and of collecting its answers, which repeat the requests."""
    file_id = runs.files.new_id()
    parts = lines(file_mb * 10**6, line_bytes)
    runs.files.write(OWNER, file_id, "requests.jsonl", parts, purpose="batch")
    batches = BatchService(runs.batches, runs.files, Executions, "twin")
    wanted = BatchRequest(input_file_id=file_id, endpoint=CHAT_COMPLETIONS, completion_window="24h")
    event = {"owner": OWNER, "batch_id": batches.create(OWNER, wanted).id}
    prepared, step = functions.call("batch_prepare", sizes.BATCH_STEP_MB, event)
    transform(runs.store, step)
    event["job_name"] = step["job_name"]
    collected, _ = functions.call("batch_collect", sizes.BATCH_STEP_MB, event)
    counts = batches.get(OWNER, event["batch_id"]).request_counts
    assert counts.completed == counts.total > 0, counts
    return [prepared, collected]


def completed(functions: Functions, store: S3Store) -> list[str]:
    """Memory of settling a response told of by SageMaker, and one that the watch looks at."""
    queue = Queue(store)
    queue.queue()
    news: dict[str, Any] = {"invocationStatus": "Completed", "inferenceId": queue.name}
    news["responseParameters"] = {"outputLocation": store.uri(f"async/output/{queue.name}.out")}
    event = {"Records": [{"Sns": {"Message": json.dumps(news)}}]}
    told, _ = functions.call("async_completion", sizes.COMPLETION_MB, event)
    queue.queue()
    record: dict[str, Any] = {"eventSource": "aws:sqs", "messageId": "m", "body": queue.name}
    record["receiptHandle"], record["attributes"] = "r", {"ApproximateReceiveCount": "1"}
    watched, answer = functions.call("async_completion", sizes.COMPLETION_MB, {"Records": [record]})
    assert answer == {"batchItemFailures": []}, answer
    return [told, watched]


def sent(functions: Functions) -> str:
    """Memory of taking the largest file that comes through API Gateway."""
    spent, answer = functions.call("control", sizes.CONTROL_MB, uploaded(UPLOAD_BYTES))
    assert answer is None or answer["statusCode"] == 200, answer
    return spent


def variables(settings: CloudSettings) -> dict[str, str]:
    """The stage's variables, and those of the cloud."""
    origin = settings.origin
    return {
        "AWS_ENDPOINT_URL_S3": origin,
        "AWS_ENDPOINT_URL_SQS": origin,
        "AWS_ACCESS_KEY_ID": settings.account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": settings.region,
        "TWIN_STAGE": "local",
        "TWIN_ENDPOINT_NAME": "twin-local",
        "TWIN_MODEL_ID": "twin",
        "TWIN_ENGINE": "vllm",
        "TWIN_ASYNC_BUCKET": BUCKET,
        "TWIN_BATCH_BUCKET": BUCKET,
        "TWIN_BATCH_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:000000000042:stateMachine:m",
    }


def rows(functions: Functions, file_mb: int) -> Iterator[tuple[str, int, str]]:
    """Names, sizes and memory of functions."""
    store = S3Store.connect(BUCKET)
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
    bundle = build_bundle(ROOT, platform="host").read_bytes()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        cloud = LocalCloud(CloudSettings(port=free_port(), data_dir=scratch / "cloud"))
        stack.callback(cloud.stop)
        cloud.start(stop_with_us=True)
        known = variables(cloud.settings)
        stack.enter_context(aws_environment(known))
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        url = boto3.client("sqs").create_queue(QueueName="watches")["QueueUrl"]
        known["TWIN_RESPONSE_WATCH_QUEUE_URL"] = url
        print(f"{machine()}\n\n| | size, MB | idle / peak, MB |\n|---|--:|--:|")
        for name, size, spent in rows(Functions(unpack(bundle, scratch), known), file_mb):
            print(f"| {name} | {size} | {spent} |", flush=True)


if __name__ == "__main__":
    main()
