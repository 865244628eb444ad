"""The environment a function's process gets, and the settings of the adapter that we know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from localcloud.ministack_hooks import Function

EXEC_WRAPPER = "/opt/bootstrap"
"""The adapter layer's start script: with it, the handler is a script and not a Python function."""

KNOWN = {
    "AWS_LWA_PORT",
    "AWS_LWA_INVOKE_MODE",
    "AWS_LWA_READINESS_CHECK_PATH",
}
"""https://awslabs.github.io/aws-lambda-web-adapter/configuration/environment-variables.html"""


class NotEmulatedError(Exception):
    """The function asks for something of the adapter's that is not there."""


def check(function: Function) -> None:
    """Refuse what would run otherwise on AWS.

    Raises:
        NotEmulatedError: It is no web-adapter function, or it uses another of its settings.
    """
    environment = function.environment
    if environment.get("AWS_LAMBDA_EXEC_WRAPPER") != EXEC_WRAPPER or not function.layers:
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


def process_environment(
    function: Function,
    *,
    code: Path,
    interpreter: Path,
    port: int,
    log_stream: str,
    cloud: Mapping[str, str],
) -> dict[str, str]:
    """Put together what the function's process sees.

    Nothing of this process's own environment is in it.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

    Args:
        function: The function.
        code: Its unpacked deployment package.
        interpreter: The Python that `python` means.
        port: Port for its server, whatever `AWS_LWA_PORT` says.
        log_stream: Log stream of its output.
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
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "_HANDLER": function.handler,
        **cloud,
        **function.environment,
        "AWS_LWA_PORT": str(port),
        "PORT": str(port),
    }
