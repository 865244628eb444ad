"""Measure the service beside bare FastAPI + boto3 relays and, with --litellm, LiteLLM's proxy.

All stand before the same stand-in SageMaker Runtime, which answers at once. Rounds take turns,
each beginning with another one, so that a busy machine is busy for all. Medians are printed.

    .venv/bin/python benchmarks/service/beside_relay.py [--litellm] [--beside CHECKOUT] [--rounds 7]
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection

import psutil
from results import Contender, table

from localcloud.ports import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STANDIN = ROOT / "tests" / "support" / "service" / "standin_runtime.py"
STREAM_PATH = "/endpoints/twin-local/invocations-response-stream"
CHAT_PATH = "/v1/chat/completions"
KEY = f"sk-{secrets.token_hex(32)}"

CHAT = {"model": "twin", "messages": [{"role": "user", "content": "Say something " * 20}]}
BODY = {**CHAT, "max_tokens": 1}
"""A request with as good as no tokens, whose cost is that of a request."""
STREAMED = {**CHAT, "stream": True}
UVICORN = ["--host", "127.0.0.1", "--log-level", "warning", "--no-access-log"]


@contextmanager
def server(
    command: list[str],
    port: int,
    environment: Mapping[str, str],
    *,
    cwd: Path = ROOT,
    before: Callable[[], None] | None = None,
) -> Iterator[psutil.Process]:
    """Run a server; `before` is called in the process that becomes the server."""
    with tempfile.TemporaryFile() as log:
        process = psutil.Popen(
            command, env=dict(environment), cwd=cwd, stdout=log, stderr=log, preexec_fn=before
        )
        try:
            wait_for(port, process)
            yield process
        except RuntimeError:
            log.seek(0)
            sys.stderr.write(log.read().decode()[-3000:])
            raise
        finally:
            with suppress(psutil.NoSuchProcess):
                for member in [*process.children(recursive=True), process]:
                    member.kill()
            process.wait()


def wait_for(port: int, process: psutil.Popen) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[:4]} ended with {process.returncode}")
        try:
            create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port}")


def cpu_seconds(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(times.user + times.system for times in (p.cpu_times() for p in family))


def post(connection: HTTPConnection, path: str, body: Mapping[str, object]) -> float:
    """Send a request, read its answer to the end; give the seconds until its first bytes."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
    started = time.perf_counter()
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    first = answer.read1(1)
    taken = time.perf_counter() - started
    rest = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {first + rest!r}")
    return taken


def median_of(count: int, act: Callable[[], float]) -> float:
    return statistics.median(act() for _ in range(count))


def measure(contender: Contender, requests: int, streams: int, tokens: int) -> None:
    connection = HTTPConnection("127.0.0.1", contender.port)
    before = cpu_seconds(contender.process)
    contender.latency.append(median_of(requests, lambda: post(connection, CHAT_PATH, BODY)))
    between = cpu_seconds(contender.process)
    contender.first.append(median_of(streams, lambda: post(connection, CHAT_PATH, STREAMED)))
    after = cpu_seconds(contender.process)
    median_of(streams, lambda: post(connection, CHAT_PATH, CHAT))
    whole = cpu_seconds(contender.process)
    connection.close()
    per_request = (between - before) / requests
    contender.cpu_request.append(per_request)
    # A stream costs a request too; what is left is its tokens' share.
    contender.cpu_token.append(((after - between) / streams - per_request) / tokens)
    contender.cpu_whole.append((whole - after) / streams)


def direct_first(port: int, streams: int) -> float:
    connection = HTTPConnection("127.0.0.1", port)
    taken = median_of(streams, lambda: post(connection, STREAM_PATH, STREAMED))
    connection.close()
    return taken


def environment(standin_port: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{standin_port}"
    return os.environ | {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": url,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TWIN_STAGE": "local",
        "TWIN_ENDPOINT_NAME": "twin-local",
        "TWIN_MODEL_ID": "twin",
        "TWIN_ENGINE": "vllm",
    }


def litellm_command(port: int, standin_port: int, folder: Path) -> list[str]:
    """Install LiteLLM into a throw-away environment; give the command that starts its proxy."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", folder / "venv"], check=True)
    python = str(folder / "venv" / "bin" / "python")
    install = [*uv, "pip", "install", "-q", "--python", python, "litellm[proxy]", "boto3"]
    subprocess.run(install, check=True)
    parameters = {
        "model": "sagemaker_chat/twin-local",
        "sagemaker_base_url": f"http://127.0.0.1:{standin_port}{STREAM_PATH}",
    }
    config = {
        "model_list": [{"model_name": "twin", "litellm_params": parameters}],
        "general_settings": {"master_key": KEY},
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    proxy = folder / "venv" / "bin" / "litellm"
    return [
        str(proxy),
        "--config",
        str(folder / "config.yaml"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]


def commands(
    options: argparse.Namespace, standin_port: int, folder: Path
) -> Iterator[tuple[str, int, list[str]]]:
    uvicorn = [sys.executable, "-m", "uvicorn", *UVICORN]
    service = ["--no-server-header", "--factory", "lambda_api.main:create_app"]
    for name, target in (
        ("bare relay", ["--app-dir", str(HERE), "bare_relay:app"]),
        ("bare relay that reads streams", ["--app-dir", str(HERE), "bare_relay:patient_app"]),
        *((f"llm-twin in {other}", ["--app-dir", other, *service]) for other in options.beside),
        ("llm-twin", service),
    ):
        port = free_port()
        yield name, port, [*uvicorn, "--port", str(port), *target]
    if options.litellm:
        port = free_port()
        yield "LiteLLM proxy", port, litellm_command(port, standin_port, folder)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=150, help="plain answers a round")
    parser.add_argument("--streams", type=int, default=12, help="streamed answers a round")
    parser.add_argument("--tokens", type=int, default=64, help="tokens an answer")
    parser.add_argument("--gap-ms", type=float, default=3.0, help="pause between tokens")
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="CHECKOUT",
        help="measure the service of another checkout too",
    )
    parser.add_argument("--litellm", action="store_true", help="measure LiteLLM's proxy too")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        standin_port = free_port()
        answers = ["--tokens", str(options.tokens), "--gap-ms", str(options.gap_ms)]
        standin = [sys.executable, str(STANDIN), "--port", str(standin_port), *answers]
        stack.enter_context(server(standin, standin_port, os.environ))
        contenders = [
            Contender(
                name, port, stack.enter_context(server(command, port, environment(standin_port)))
            )
            for name, port, command in commands(options, standin_port, folder)
        ]
        for one in contenders:
            measure(one, 30, 2, options.tokens)
            one.forget()
        direct = []
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            direct.append(direct_first(standin_port, options.streams))
            first = number % len(contenders)
            for one in contenders[first:] + contenders[:first]:
                measure(one, options.requests, options.streams, options.tokens)
    print(table(contenders, direct))


if __name__ == "__main__":
    main()
