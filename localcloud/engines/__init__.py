"""Inference engines that stand in for SageMaker's serving containers, as child processes.

Decisions: 0041, engines have no proxy; 0050, children end with the server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


class ImageNotEmulatedError(Exception):
    """No engine here stands in for the image."""

    def __init__(self, image: str) -> None:
        emulated = ", ".join(sorted(_ENGINES))
        super().__init__(f'not emulated: image "{image}"; emulated: {emulated}')


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
        arguments: translates the container's environment to the engine's command line.
        error_pattern: finds the reason of an exit in a line of output; the first match counts.
    """

    module: str
    ping: str
    invocations: str
    metrics: str
    arguments: Callable[[Mapping[str, str]], list[str]]
    error_pattern: re.Pattern[str]


def engine_for(image: str) -> Engine:
    """Find the engine for an image by its repository's name.

    Args:
        image: For example `123456789012.dkr.ecr.us-east-1.amazonaws.com/llama-cpp:server-v1`.

    Raises:
        ImageNotEmulatedError: There is none.
    """
    repository = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    if repository not in _ENGINES:
        raise ImageNotEmulatedError(image)
    return _ENGINES[repository]


def register_engine(repository: str, engine: Engine) -> None:
    """Let an engine stand in for the images of a repository, in this process.

    Args:
        repository: The images' name without registry and tag.
        engine: The engine to start for them.
    """
    _ENGINES[repository] = engine


def llama_cpp_arguments(environment: Mapping[str, str]) -> list[str]:
    """Translate `SM_LLAMA_CPP_CTX_SIZE=4096` to `--ctx-size 4096`, as the container does.

    `true` gives a bare flag, `false` none. Source: the image's `sagemaker_entrypoint.sh`,
    https://github.com/aws/deep-learning-containers/tree/main/scripts/docker/llama_cpp
    """
    arguments: list[str] = []
    for name, value in environment.items():
        if not name.startswith(_PREFIX) or name in _PLACED_BY_CONTAINER:
            continue
        flag = "--" + name.removeprefix(_PREFIX).lower().replace("_", "-")
        if value.lower() in ("true", ""):
            arguments.append(flag)
        elif value.lower() != "false":
            arguments += [flag, value]
    return arguments


_PREFIX = "SM_LLAMA_CPP_"
_PLACED_BY_CONTAINER = frozenset({"SM_LLAMA_CPP_MODEL_DIR", "SM_LLAMA_CPP_PORT"})

_ENGINES = {
    "llama-cpp": Engine(
        module="localcloud.engines.llama_cpp",
        ping="/health",
        invocations="/v1/chat/completions",
        metrics="/metrics",
        arguments=llama_cpp_arguments,
        error_pattern=re.compile(r"(?:^[\d.]+ E |^llama-server: )(.+)"),
    )
}
