"""Measure a monolith's process with 560 MB of random weights: peak memory, start and speed.

The service runs under uvicorn as in the function, its engine loads the weights as a function with
this much room does: mapped where one copy fits, repacked where two do. The peak is anonymous memory
and the file in memory, which are what cannot be given back.

    .venv/bin/python benchmarks/monolith/large_weights.py
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import psutil  # noqa: E402
from table import machine  # noqa: E402

from localcloud.ports import free_port  # noqa: E402
from tests.support.localcloud.random_model import Size, write_random_model  # noqa: E402

LARGE = Size(width=2048, feed_forward=8192, heads=16, kv_heads=2, layers=16, is_quantized=True)
CONTEXT, PROMPT, ANSWER, ROUNDS = 1024, 96, 16, 2
SERVICE = """
import sys
import uvicorn
from lambda_api.engine_settings import EngineSettings
from lambda_api.llama_cpp.start import start_engine
from lambda_api.llama_cpp.upstream import LoopbackEngine
from lambda_api.main import create_app
from lambda_api.settings import Settings
from benchmarks.monolith.large_weights import Directory
server = start_engine(Directory(sys.argv[1]), EngineSettings())
app = create_app(Settings.from_environment(), LoopbackEngine(server, 600))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
"""


class Directory:
    """A directory in the place of a bucket, as `lambda_api.llama_cpp.weights` uses one."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def list(self, prefix: str) -> Iterator[Any]:
        for file in self.path.glob(f"{prefix}*"):
            yield type("Listed", (), {"key": file.name, "size": file.stat().st_size})

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        with (self.path / key).open("rb") as file:
            file.seek(start)
            while start < end and (part := file.read(min(2**20, end - start))):
                start += len(part)
                yield part


class Peak(Thread):
    """The most memory of a process, in bytes, looked at every 10 ms."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.most = pid, 0

    def run(self) -> None:
        while psutil.pid_exists(self.pid):
            with suppress(OSError, KeyError, ValueError):
                self.most = max(self.most, self.now())
            time.sleep(0.01)

    def now(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        lines = [line.split() for line in status if line.startswith("Rss")]
        rss = {name.rstrip(":"): int(kilobytes) * 1024 for name, kilobytes, _ in lines}
        files = {  # llama.cpp has it open too
            file.stat().st_ino: file.stat().st_blocks * 512
            for file in Path(f"/proc/{self.pid}/fd").iterdir()
            if "memfd:" in str(file.readlink())
        }
        in_memory = sum(files.values())
        # Mapped, the file in memory is among the mapped files.
        return rss["RssAnon"] + max(rss["RssFile"] + rss["RssShmem"], in_memory)


def stream(port: int, words: int, tokens: int) -> tuple[float, float]:
    """Seconds to the first token, and per further token."""
    text = "".join(chr(97 + byte % 26) for byte in os.urandom(words))
    messages = [{"role": "user", "content": text}]
    body = {"model": "m", "messages": messages, "max_tokens": tokens, "stream": True}
    connection = HTTPConnection("127.0.0.1", port)
    began = time.perf_counter()
    headers = {"content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    answer = connection.getresponse()
    times = [time.perf_counter() - began for line in answer if b'"content"' in line]
    connection.close()
    if len(times) < min(2, tokens):  # random weights end an answer when they like
        return stream(port, words, tokens)
    return times[0], (times[-1] - times[0]) / max(1, len(times) - 1)


def measure(directory: Path, room_mb: int, memory_mb: int) -> dict[str, str]:
    port = free_port()
    environment = {
        **os.environ,
        "TWIN_STAGE": "local",
        "TWIN_ENDPOINT_NAME": "twin",
        "TWIN_MODEL_ID": "m",
        "TWIN_ENGINE": "llama-cpp",
        "TWIN_WEIGHTS_ROOM_MB": str(room_mb),
        "TWIN_CONTEXT_LENGTH": str(CONTEXT),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", SERVICE, str(directory), str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    peak = Peak(process.pid)
    peak.start()
    line = json.loads(process.stdout.readline())
    try:
        while True:
            try:
                stream(port, 8, 1)
                break
            except OSError:
                time.sleep(0.05)
        loaded = peak.most
        short = statistics.median(stream(port, 8, 1)[0] for _ in range(ROUNDS))
        long = statistics.median(stream(port, 8 + PROMPT, 1)[0] for _ in range(ROUNDS))
        token = statistics.median(stream(port, 8, ANSWER)[1] for _ in range(ROUNDS))
    finally:
        process.terminate()
        process.wait()
    weights, read = line["weights_mb"], (long - short) / PROMPT
    return {
        "weights": f"{line['placement']}, {weights:.0f} MB",
        "peak memory": f"{peak.most / 2**20:.0f} MB ({peak.most / 2**20 - weights:+.0f})",
        "of it when loaded": f"{loaded / 2**20:.0f} MB",
        "weights brought, loaded": f"{line['download_seconds']} s, {line['load_seconds']} s",
        "a token of the answer": f"{token * 1000:.0f} ms",
        "a token of the prompt": f"{read * 1000:.1f} ms ({read / token:.2f} of it)",
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        model = write_random_model(Path(scratch) / "m.gguf", LARGE)
        megabytes = model.stat().st_size // 2**20
        found = [measure(model.parent, int(megabytes * share), 2 * 1769) for share in (1.3, 2.5)]
    print(f"\n{machine()}, load {os.getloadavg()[0]:.0f}\n")
    for name in found[0]:
        print(f"| {name} | {' | '.join(each[name] for each in found)} |")


if __name__ == "__main__":
    main()
