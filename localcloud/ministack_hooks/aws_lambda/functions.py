"""Lambda: deployed functions, their concurrency, and the interpreter they run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread

from ministack.core import lambda_runtime
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from localcloud.ministack_hooks.aws_lambda.packages import share_packages
from localcloud.ministack_hooks.iam.sessions import Session, trusts
from localcloud.ministack_hooks.patching import Untyped
from localcloud.ministack_hooks.services import request_scope


class ThrottledError(Exception):
    """The function, or the account, runs as many invocations as it may."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """One version of a deployed function.

    Attributes:
        timeout: seconds an invocation may take.
        memory: MiB.
        layers: ARNs of the layers, in order.
        code: the deployment package, a zip.
        code_digest: SHA-256 of the package, base64.
        session: its role, in which it runs.
        has_snapshot: whether its environments are restored from a snapshot (SnapStart).
    """

    arn: str
    name: str
    version: str
    account: str
    region: str
    handler: str
    runtime: str
    timeout: float
    memory: int
    environment: Mapping[str, str]
    layers: tuple[str, ...]
    log_group: str
    code: bytes = field(repr=False, compare=False)
    code_digest: str
    session: Session
    has_snapshot: bool = False
    _config: Mapping[str, Untyped] = field(repr=False, compare=False)
    _unversioned: Mapping[str, Untyped] = field(repr=False, compare=False)


def find_function(reference: str, account: str, region: str) -> Function | None:
    """Look a function up by name or ARN, qualified or not."""
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
        session=Session(config["Role"], name, region),
        has_snapshot=(config.get("SnapStart") or {}).get("OptimizationStatus") == "On",
        _config=config,
        _unversioned=unversioned,
    )


def layer_packages(function: Function) -> list[bytes]:
    """Return the zips of a function's layers, in order; one of another account has none here."""
    with request_scope(function.account, function.region):
        packages = [lambda_svc._resolve_layer_zip(arn) for arn in function.layers]
    return [package for package in packages if package]


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


def extend_functions(
    interpreter: Path,
    prepare: Callable[[Function], None],
    forget: Callable[[str], None],
    unpack: Callable[[bytes], Path],
) -> None:
    """Run functions with `interpreter`, and add what ministack's stacks leave out.

    What is added: the reserved concurrency, the preparation of a function before its first
    request, and the end of a deleted function's processes.

    Args:
        interpreter: Runs Python functions, whatever their runtime says. ministack would use the
            one it runs on, whose packages the function would find too: one missing from its
            deployment package would go unnoticed.
        prepare: Called with a function whose package is new, on a thread of its own. Lambda, too,
            has a function pending until its package lies ready:
            https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
        forget: Called with the name of a deleted function, on a worker thread.
        unpack: Returns the directory in which a package lies unpacked.
    """
    share_packages(unpack)
    lambda_runtime._detect_runtime_binary = partial(
        _runtime_binary, lambda_runtime._detect_runtime_binary, interpreter
    )
    # It waits as long after each invocation for a first line of log. A worker writes its log
    # before its answer, so the 50 ms of the original are lost on every silent invocation.
    drain = lambda_runtime.Worker._drain_stderr_bounded
    drain.__defaults__ = (_FIRST_LINE_SECONDS, *drain.__defaults__[1:])
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    handlers["create"] = partial(_create_function, handlers["create"], prepare)
    handlers["update"] = partial(_update_function, handlers["update"], prepare)
    handlers["delete"] = partial(_delete_function, handlers["delete"], forget)


_FIRST_LINE_SECONDS = 0.002


def _runtime_binary(
    original: Callable[[str], tuple[str, str]], interpreter: Path, runtime: str
) -> tuple[str, str]:
    binary, script = original(runtime)
    return str(interpreter) if runtime.startswith("python") else binary, script


def _create_function(
    original: Callable[..., Untyped],
    prepare: Callable[[Function], None],
    logical_id: str,
    new: Untyped,
    stack: str,
) -> Untyped:
    _check_trust(new)
    name, attributes = original(logical_id, new, stack)
    _reserve_concurrency(name, new)
    _prepare(prepare, name)
    return name, attributes


def _update_function(
    original: Callable[..., Untyped],
    prepare: Callable[[Function], None],
    physical_id: str,
    old: Untyped,
    new: Untyped,
    stack: str,
    logical_id: str | None = None,
) -> Untyped:
    _check_trust(new)
    updated = original(physical_id, old, new, stack, logical_id)
    _reserve_concurrency(updated[0], new)
    _prepare(prepare, updated[0])
    return updated


def _prepare(prepare: Callable[[Function], None], name: str) -> None:
    arn = lambda_svc._functions[name]["config"]["FunctionArn"]
    _, _, _, region, account, *_ = arn.split(":")
    if function := find_function(arn, account, region):
        Thread(target=prepare, args=(function,), daemon=True).start()


def _check_trust(properties: Untyped) -> None:
    if not trusts(properties["Role"], "lambda.amazonaws.com"):
        raise ValueError("The role defined for the function cannot be assumed by Lambda.")


def _reserve_concurrency(name: str, properties: Untyped) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)


def _delete_function(
    original: Callable[..., None], forget: Callable[[str], None], name: str, properties: Untyped
) -> None:
    original(name, properties)
    lambda_svc.invalidate_worker(name)
    forget(name)
