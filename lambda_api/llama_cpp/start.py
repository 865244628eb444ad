"""The start of the engine: weights found, brought and loaded, and all steps to it in one line."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from time import perf_counter

from lambda_api.engine_settings import EngineSettings
from lambda_api.llama_cpp.resources import placement, threads
from lambda_api.llama_cpp.server import Model, Server, serve
from lambda_api.llama_cpp.weights import Bucket, EngineStartError, download, find_weights


def start_engine(bucket: Bucket, settings: EngineSettings) -> Server:
    """Return a server that is ready, and log how long each step of the cold start took.

    Raises:
        EngineStartError: The weights are missing, wrong or too large, or the engine does not start.
    """
    began, age = perf_counter(), process_seconds()
    found = find_weights(bucket, settings.weights_prefix)
    placed = placement(found.size, settings.weights_room_mb)
    looked = perf_counter()
    weights = download(bucket, found, settings.weights_sha256)
    brought = perf_counter()
    cores = threads(found.size, settings.memory_mb, os.cpu_count() or 1)
    model = Model(weights.path, placed, settings.context_length, cores, settings.chat_template)
    server = serve(model)
    if placed == "repacked":
        weights.close()
    line = {
        "message": "engine started",
        "weights_mb": round(found.size / 2**20, 1),
        "placement": placed,
        "threads": cores,
        "unpack_seconds": settings.unpack_seconds,
        "app_seconds": age,
        "find_seconds": round(looked - began, 3),
        "download_seconds": round(brought - looked, 3),
        "load_seconds": round(perf_counter() - brought, 3),
    }
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()
    return server


def process_seconds() -> float | None:
    """Return how long this process has run, from its start script on; None where nobody tells."""
    try:
        # After the name, which may hold anything; the 22nd field of `man 5 proc_pid_stat`.
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    except OSError:  # no Lambda: a developer's macOS
        return None
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - began, 3)


def end_process(error: EngineStartError) -> None:
    """End the process with one line of log: without its model there is nothing to serve."""
    line = {"level": "ERROR", "message": "the engine did not start", "reason": str(error)}
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()
    os._exit(1)
