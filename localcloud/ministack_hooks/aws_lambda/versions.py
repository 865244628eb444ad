"""Lambda: published versions, and the snapshots that SnapStart takes of them.

ministack starts the version's handler as a Python module; a web server is ours to start. A stack
waits for the snapshot, as CloudFormation does.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial

import ministack.app as ministack_app
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners, stacks

from localcloud.ministack_hooks.aws_lambda.functions import Function, find_function
from localcloud.ministack_hooks.patching import Untyped, wrap

_TYPE = "AWS::Lambda::Version"
_POLL_SECONDS = 0.05

Snapshot = Callable[[Function], Coroutine[None, None, None]]


def extend_versions(snapshot: Snapshot, forget: Callable[[str, str], None]) -> None:
    """Take snapshots of versions whose function is a web server.

    Args:
        snapshot: Starts a version, and raises what keeps it from being ready.
        forget: Called with the name and the version of a deleted one, on a worker thread.
    """
    wrap(lambda_svc, "_snapstart_provision_version_async", partial(_provision, snapshot))
    wrap(stacks, "_runs_on_worker_thread", lambda original, kind: kind == _TYPE or original(kind))
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers["create"] = partial(_create, handlers["create"])
    handlers["delete"] = partial(_delete, handlers["delete"], forget)


def _provision(
    snapshot: Snapshot, original: Callable[..., None], name: str, record: Untyped
) -> None:
    config = record["config"]
    _, _, _, region, account, *_ = config["FunctionArn"].split(":")
    function = find_function(config["FunctionArn"], account, region)
    if function is None or "AWS_LAMBDA_EXEC_WRAPPER" not in function.environment:
        return original(name, record)
    taken = asyncio.run_coroutine_threadsafe(snapshot(function), ministack_app._MAIN_LOOP)
    return taken.add_done_callback(partial(_settle, config))


def _settle(config: Untyped, taken: Future[None]) -> None:
    if error := taken.exception():
        config |= {"StateReason": str(error), "StateReasonCode": "FunctionError"}
        config["State"] = "Failed"
    else:
        config |= {"StateReason": "", "StateReasonCode": ""}
        config["State"] = "Active"


def _create(
    original: Callable[..., Untyped], logical_id: str, properties: Untyped, stack: str
) -> Untyped:
    arn, attributes = original(logical_id, properties, stack)
    record, _, _ = lambda_svc._get_func_record_for_ref(arn)
    config = record["config"]
    while config["State"] == "Pending":
        time.sleep(_POLL_SECONDS)
    if config["State"] == "Failed":
        raise ValueError(config["StateReason"])
    return arn, attributes


def _delete(
    original: Callable[..., None],
    forget: Callable[[str, str], None],
    arn: str,
    properties: Untyped,
) -> None:
    original(arn, properties)
    *_, name, version = arn.split(":")
    forget(name, version)
