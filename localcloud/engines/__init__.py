"""Inference engines that stand in for SageMaker's serving containers, as child processes.

Decisions: 0041, engines have no proxy; 0050, children end with the server.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.engines.container_arguments import llama_cpp_arguments, vllm_arguments


class ImageNotEmulatedError(Exception):
    """No engine here stands in for the image, or the one that does is not installed."""


@dataclass(frozen=True)
class Engine:
    """The program that stands in for an image, and the mapping of the container's contract.

    The container's proxy maps two paths to the engine's own and passes everything through
    otherwise; the runtime does that mapping when it forwards, which saves one process and one
    hop per token (docs/decisions/0041).

    Attributes:
        module: Python module run as the container's entry point.
        ping: path that answers the container's `GET /ping`.
        invocations: path that answers the container's `POST /invocations`.
        metrics: path of the metrics in Prometheus' text format, if the engine publishes any.
        adapters: path that loads a LoRA adapter while the engine runs; none where it cannot.
        variables: prefix of the engine's own variables in the container's environment.
        arguments: translates the container's environment to the engine's command line.
        error_pattern: finds the reason of an exit in a line of output; the first match counts.
        interpreter: Python that runs the module: that of this process, or of an environment apart.
        installed_by: command that makes that environment; none for that of this process.
    """

    module: str
    ping: str
    invocations: str
    metrics: str
    arguments: Callable[[Mapping[str, str]], list[str]]
    error_pattern: re.Pattern[str]
    adapters: str | None = None
    variables: str | None = None
    interpreter: Path = Path(sys.executable)
    installed_by: str | None = None


def engine_for(image: str) -> Engine:
    """Find the engine for an image by its repository's name.

    Args:
        image: For example `123456789012.dkr.ecr.us-east-1.amazonaws.com/llama-cpp:server-v1`.

    Raises:
        ImageNotEmulatedError: There is none, or it is not installed.
    """
    repository = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    engine = _ENGINES.get(repository)
    if engine is None:
        emulated = ", ".join(sorted(_ENGINES))
        raise ImageNotEmulatedError(f'not emulated: image "{image}"; emulated: {emulated}')
    if not engine.interpreter.exists():
        raise ImageNotEmulatedError(
            f'not installed: the engine of image "{image}"; `{engine.installed_by}` installs it'
        )
    return engine


def register_engine(repository: str, engine: Engine) -> None:
    """Let an engine stand in for the images of a repository, in this process.

    Args:
        repository: The images' name without registry and tag.
        engine: The engine to start for them.
    """
    _ENGINES[repository] = engine


_IMPORT_ROOT = Path(__file__).parents[2]

_ENGINES = {
    "llama-cpp": Engine(
        module="localcloud.engines.llama_cpp",
        ping="/health",
        invocations="/v1/chat/completions",
        metrics="/metrics",
        arguments=llama_cpp_arguments,
        error_pattern=re.compile(r"(?:^[\d.]+ E |^llama-server: )(.+)"),
    ),
    "vllm": Engine(
        module="localcloud.engines.vllm",
        ping="/ping",
        invocations="/invocations",
        metrics="/metrics",
        arguments=vllm_arguments,
        adapters="/adapters",
        variables="VLLM_",
        error_pattern=re.compile(r"((?:\w*Error:|error:|Value error,) .+)"),
        interpreter=_IMPORT_ROOT / ".build" / "vllm" / "bin" / "python",
        installed_by="make vllm",
    ),
}
