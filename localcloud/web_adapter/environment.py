"""The environment a function's process gets, and the settings of the adapter that we know."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from localcloud.ministack_hooks import Function

EXEC_WRAPPER = "/opt/bootstrap"
"""The adapter layer's start script: with it, the handler is a script and not a Python function."""

BEFORE_CHECKPOINT = "AWS_LWA_SNAPSTART_BEFORE_CHECKPOINT_PATH"
AFTER_RESTORE = "AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH"
"""Variables with the paths that the adapter calls around a snapshot.
https://aws.github.io/aws-lambda-web-adapter/features/snapstart.html"""

KNOWN = {
    "AWS_LWA_PORT",
    "AWS_LWA_INVOKE_MODE",
    "AWS_LWA_READINESS_CHECK_PATH",
    # A start has the function's whole timeout here in any case: see `process.INIT_SECONDS`. The
    # adapter, too, ignores it where there is a snapshot.
    "AWS_LWA_ASYNC_INIT",
    BEFORE_CHECKPOINT,
    AFTER_RESTORE,
}
"""https://awslabs.github.io/aws-lambda-web-adapter/configuration/environment-variables.html"""


class NotEmulatedError(Exception):
    """The function asks for something of the adapter's that is not there."""


def is_adapted(function: Function) -> bool:
    """Tell whether a function's handler is a web server behind the adapter."""
    wrapper = function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    return wrapper == EXEC_WRAPPER and bool(function.layers)


def check(function: Function) -> None:
    """Refuse what would run otherwise on AWS.

    Raises:
        NotEmulatedError: It is no web-adapter function, or it uses another of its settings.
    """
    environment = function.environment
    if not is_adapted(function):
        raise NotEmulatedError(
            "a streamed integration is emulated for functions behind the Lambda Web Adapter only "
            f"(its layer, and AWS_LAMBDA_EXEC_WRAPPER={EXEC_WRAPPER}): {function.name} is none"
        )
    if (mode := environment.get("AWS_LWA_INVOKE_MODE", "buffered")) != "response_stream":
        raise NotEmulatedError(
            f"AWS_LWA_INVOKE_MODE of {function.name} is {mode}: "
            "a streamed integration needs response_stream"
        )
    if unknown := {name for name in environment if name.startswith("AWS_LWA_")} - KNOWN:
        raise NotEmulatedError(f"{', '.join(sorted(unknown))} of {function.name}: not emulated")


def readiness_path(function: Function) -> str:
    """Return the path where the server tells that it is ready."""
    return function.environment.get("AWS_LWA_READINESS_CHECK_PATH", "/")


def is_hook(function: Function, path: str) -> bool:
    """Tell whether a path, in whatever spelling, is one that only the adapter may call."""
    hooks = {function.environment.get(name) for name in (BEFORE_CHECKPOINT, AFTER_RESTORE)}
    return _plain(path) in {_plain(hook) for hook in hooks if hook}


def _plain(path: str) -> str:
    return posixpath.normpath("/" + unquote(path).lstrip("/")).lower()


def process_environment(
    function: Function,
    *,
    code: Path,
    layers: Sequence[Path],
    interpreter: Path,
    port: int,
    log_stream: str,
    unpack_seconds: float,
    cloud: Mapping[str, str],
) -> dict[str, str]:
    """Put together what the function's process sees.

    Nothing of this process's own environment is in it.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

    Args:
        function: The function.
        code: Its unpacked deployment package.
        layers: Its unpacked layers, in order: each stands in for a part of /opt.
        interpreter: The Python that `python` means.
        port: Port for its server, whatever `AWS_LWA_PORT` says.
        log_stream: Log stream of its output.
        unpack_seconds: What unpacking took. Lambda tells no function; it lets ours log its whole
            cold start.
        cloud: Variables that point AWS SDKs at this cloud.
    """
    return {
        "PATH": f"{interpreter.parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(code),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if function.has_snapshot else "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "_HANDLER": function.handler,
        "UNPACK_SECONDS": f"{unpack_seconds:.3f}",
        **_layer_paths(layers),
        **cloud,
        **function.session.credentials,
        **function.environment,
        "AWS_LWA_PORT": str(port),
        "PORT": str(port),
    }


def _layer_paths(layers: Sequence[Path]) -> dict[str, str]:
    """Name the layers' directories where a function looks below /opt.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    if not layers:
        return {}
    # The last layer's files replace those of the layers before it.
    found = [*reversed(layers)]
    return {
        "PYTHONPATH": ":".join(str(layer / "python") for layer in found),
        "LD_LIBRARY_PATH": ":".join(str(layer / "lib") for layer in found),
    }
