"""Lambda: deployed functions, their concurrency, and the interpreter of ministack's own workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from localcloud.ministack_hooks.services import request_scope


class ThrottledError(Exception):
    """The function, or the account, runs as many invocations as it may."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """One version of a deployed function."""

    arn: str
    name: str
    version: str
    account: str
    region: str
    handler: str
    runtime: str
    timeout: float
    """Seconds an invocation may take."""
    memory: int
    """MiB."""
    environment: Mapping[str, str]
    layers: tuple[str, ...]
    """ARNs of the layers, in order."""
    log_group: str
    code: bytes = field(repr=False, compare=False)
    """The deployment package, a zip."""
    code_digest: str
    """SHA-256 of the package, base64."""
    _config: Mapping[str, Any] = field(repr=False, compare=False)
    _unversioned: Mapping[str, Any] = field(repr=False, compare=False)


def find_function(reference: str, account: str, region: str) -> Function | None:
    """Look a function up by its name or its ARN, qualified or not."""
    with request_scope(account, region):
        record, config, name = lambda_svc._get_func_record_for_ref(reference)
        unversioned, _, _ = lambda_svc._get_base_func_record_for_ref(reference)
    if record is None or config is None:
        return None
    return Function(
        arn=config["FunctionArn"],
        name=name,
        version=config["Version"],
        account=account,
        region=region,
        handler=config["Handler"],
        runtime=config["Runtime"],
        timeout=float(config["Timeout"]),
        memory=int(config["MemorySize"]),
        environment=(config.get("Environment") or {}).get("Variables") or {},
        layers=tuple(layer["Arn"] for layer in config["Layers"]),
        log_group=config["LoggingConfig"].get("LogGroup") or f"/aws/lambda/{name}",
        code=record["code_zip"],
        code_digest=config["CodeSha256"],
        _config=config,
        _unversioned=unversioned,
    )


@contextmanager
def execution_slot(function: Function) -> Iterator[None]:
    """Count as one of the function's concurrent invocations while in the context.

    Raises:
        ThrottledError: Its reserved concurrency, or the account's concurrency, is used up.
    """
    slot, limit = lambda_svc._acquire_execution_slot(function._unversioned, function._config)
    if slot is None:
        with request_scope(function.account, function.region):
            lambda_svc._emit_lambda_metrics(function.name, 0.0, error=False, throttle=True)
        raise ThrottledError(f"{function.name}: the {limit}'s concurrency is used up")
    try:
        yield
    finally:
        lambda_svc._release_execution_slot(slot)


def record_invocation(function: Function, *, milliseconds: float, failed: bool) -> None:
    """Publish the `AWS/Lambda` metrics of an invocation that ran here."""
    with request_scope(function.account, function.region):
        lambda_svc._emit_lambda_metrics(function.name, milliseconds, error=failed, throttle=False)


def run_workers_with(interpreter: Path) -> None:
    """Run ministack's Lambda workers with `interpreter`, whatever the function's runtime says.

    ministack would use the interpreter it runs on, whose packages the function would find too:
    one missing from its deployment package would go unnoticed. It also waits up to 50 ms after
    each invocation for a first line of log; a worker's log is there by the time its answer is.
    """
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    detect = lambda_runtime._detect_runtime_binary

    def binary(runtime: str) -> tuple[str, str]:
        if runtime.startswith("python"):
            return str(interpreter), script
        found: tuple[str, str] = detect(runtime)
        return found

    lambda_runtime._detect_runtime_binary = binary
    drain = lambda_runtime.Worker._drain_stderr_bounded
    _first_line_wait, idle_confirm, hard_cap = drain.__defaults__
    drain.__defaults__ = (_FIRST_LINE_WAIT_SECONDS, idle_confirm, hard_cap)


_FIRST_LINE_WAIT_SECONDS = 0.002
