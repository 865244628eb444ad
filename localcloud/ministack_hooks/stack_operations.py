"""CloudFormation: stack operations that the CDK CLI waits for, and exports that are in use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, stacks

from localcloud.ministack_hooks.patching import Untyped, wrap
from localcloud.ministack_hooks.services import Response

LONGEST_WAIT_SECONDS = 4.0
"""Below the CLI's pause between two looks at a stack, 5 s: https://github.com/aws/aws-cdk-cli."""

_begun: ContextVar[list[asyncio.Event]] = ContextVar("begun")
"""Ends of the operations that the present request began."""


def answer_when_done(seconds: float = LONGEST_WAIT_SECONDS) -> None:
    """Have `ExecuteChangeSet` and `DeleteStack` answer when the stack is done, or after a while.

    AWS answers at once. The CLI then looks at the stack, and again every 5 s; most stacks are done
    here in less.
    """
    wrap(cloudformation, "handle_request", partial(_answer, seconds))
    wrap(changesets, "_track_change_set_execution", _watched)
    wrap(handlers, "_delete_stack_async", _watched)


async def _answer(
    seconds: float, original: Callable[..., Coroutine[Any, Any, Response]], *request: Untyped
) -> Response:
    begun: list[asyncio.Event] = []
    token = _begun.set(begun)
    try:
        response = await original(*request)
    finally:
        _begun.reset(token)
    for ended in begun:
        try:
            await asyncio.wait_for(ended.wait(), seconds)
        except TimeoutError:
            break
    return response


def _watched(
    original: Callable[..., Coroutine[Any, Any, None]], *args: Untyped, **kwargs: Untyped
) -> Coroutine[Any, Any, None]:
    """Return the operation's coroutine, made to announce the end to the request that began it."""
    ended = asyncio.Event()
    _begun.get([]).append(ended)

    async def operation() -> None:
        try:
            await original(*args, **kwargs)
        finally:
            ended.set()

    return operation()


def keep_exports_in_use() -> None:
    """Refuse an update that changes or removes an export which another stack imports.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
    """
    wrap(stacks, "_resolve_stack_outputs", _checked_exports)


def _checked_exports(
    original: Callable[..., tuple[Untyped, dict[str, Untyped]]], *args: Untyped
) -> tuple[Untyped, dict[str, Untyped]]:
    outputs, exports = original(*args)
    *_, name, stack_id = args
    table = cloudformation._exports
    own = {key: export for key, export in table.items() if export["StackId"] == stack_id}
    for key, export in own.items():
        if key in exports and exports[key]["Value"] == export["Value"]:
            continue
        change = "updated" if key in exports else "deleted"
        for other, stack in cloudformation._stacks.items():
            gone = stack.get("StackStatus", "").startswith("DELETE")
            if other != name and not gone and key in handlers._imported_export_names(stack, other):
                raise ValueError(f"Export {key} cannot be {change} as it is in use by {other}")
        table.pop(key)
    return outputs, exports
