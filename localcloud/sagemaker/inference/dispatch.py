"""The dispatch of a request: a replica is chosen, and what it answers is counted."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from localcloud.asgi import Send
from localcloud.sagemaker.hosting.adapter_component import AdapterComponent
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.inference.invocation import (
    Invocation,
    RuntimeServiceError,
    StreamEndedError,
    answer,
    stream,
)
from localcloud.sagemaker.replicas.container_call import ReplicaGoneError
from localcloud.sagemaker.replicas.replica import Replica
from localcloud.sagemaker.replicas.traffic import NoCapacityError, ReplicaSet, UnknownVariantError

_NO_COPIES = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be "
    "in-progress (if configured) or try to increase the capacity by invoking "
    "UpdateInferenceComponentRuntimeConfig API."
)


Invoke = Callable[[Replica, str, Callable[[], None]], Awaitable[None]]
"""Has a replica of a variant answer; calls the last argument at the first piece of a stream."""


@dataclass(frozen=True)
class Call:
    """One request, with the endpoint or component addressed."""

    endpoint: Endpoint
    component: InferenceComponent | AdapterComponent | None
    invocation: Invocation


async def dispatch(call: Call, invoke: Invoke) -> None:
    """Have a replica answer a request; another one where the first is gone.

    Raises:
        RuntimeServiceError: None can take it, or what `invoke` raises.
        StreamEndedError: As `invoke`.
    """
    while True:
        replicas, replica = _acquire(call)
        try:
            with _measured(replicas) as on_first_chunk:
                return await invoke(replica, replicas.name, on_first_chunk)
        except ReplicaGoneError:
            continue  # it has left the rotation
        finally:
            call.invocation.traffic.release(replica)


async def invoke(call: Call, send: Send) -> None:
    """Have a replica answer a request in the runtime's form.

    Raises:
        RuntimeServiceError, StreamEndedError: As `dispatch`.
    """
    invocation = call.invocation

    async def passed_on(replica: Replica, variant: str, on_first_chunk: Callable[[], None]) -> None:
        if invocation.streams:
            await stream(invocation, replica, variant, send, on_first_chunk=on_first_chunk)
        else:
            await answer(invocation, replica, variant, send)

    await dispatch(call, passed_on)


@contextmanager
def _measured(replicas: ReplicaSet) -> Iterator[Callable[[], None]]:
    """Count an invocation, and the status of its answer if there is any.

    Yields what counts the first piece of a streamed answer.
    """
    usage = replicas.usage
    begun = time.monotonic()
    usage.invoked(len(replicas.replicas))
    try:
        yield lambda: usage.first_chunk(time.monotonic() - begun)
    except RuntimeServiceError as error:
        usage.answered(time.monotonic() - begun, error.original_status)
        raise
    except StreamEndedError:
        usage.answered(time.monotonic() - begun, 0)
        raise
    usage.answered(time.monotonic() - begun, HTTPStatus.OK)


def _acquire(call: Call) -> tuple[ReplicaSet, Replica]:
    invocation, component = call.invocation, call.component
    target = invocation.headers.get("x-amzn-sagemaker-target-variant")
    try:
        return invocation.traffic.acquire(target, invocation.prompt)
    except UnknownVariantError as error:
        text = f"Could not find variant {target} of endpoint {call.endpoint.name}."
        raise RuntimeServiceError("ValidationError", text) from error
    except NoCapacityError as error:
        if component and component.is_empty:
            component.copies.usage.refused()
            raise RuntimeServiceError("ValidationError", _NO_COPIES) from error
        text = "No healthy instance can take the request."
        raise RuntimeServiceError("ServiceUnavailable", text, status=503) from error
