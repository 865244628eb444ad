"""A model's speed and memory, in a process of its own: nothing else counts there."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from model_artifacts.gguf.logits import LogitsError, LogitsModel

_MOST_TOKENS = 4096


@dataclass(frozen=True)
class Speed:
    """The cost of reading a text.

    Attributes:
        tokens_per_second: read, with the distribution of each next token.
        peak_memory_bytes: resident at most, of a process with the model and nothing else.
    """

    tokens_per_second: float
    peak_memory_bytes: int


def measure_speed(model: Path, tokens: list[int], window: int, threads: int) -> Speed:
    """Load a GGUF file in a new process and read a text through it; at most 4,096 tokens.

    Raises:
        LogitsError: The process does not survive it.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(_measure, model, tokens[:_MOST_TOKENS], window, threads).result()
        except BrokenProcessPool as error:
            raise LogitsError(f"{model}: the process that read a text by it ended") from error


def _measure(path: Path, tokens: list[int], window: int, threads: int) -> Speed:
    with LogitsModel(path, window, threads) as model:
        parts = [tokens[begin : begin + window] for begin in range(0, len(tokens), window)]
        model.logits(parts[0])  # weights are mapped, and read from the disk by the first use
        begun = time.perf_counter()
        for part in parts:
            model.logits(part)
        seconds = time.perf_counter() - begun
    return Speed(len(tokens) / seconds, peak_memory())


def peak_memory() -> int:
    """Return the peak of resident memory in bytes.

    Linux's ru_maxrss outlives exec: it would be the parent's, where that is larger.
    """
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
