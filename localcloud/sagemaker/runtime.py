"""SageMaker Runtime: requests to endpoints, answered by engines or queued for them.

Runs on the server's event loop, and reaches the services' state through `find` and `Traffic`,
which are safe from any thread. A request goes straight to the engine's own HTTP server; its
answer is passed on as it arrives.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote

from localcloud import asgi
from localcloud.asgi import Receive, Send
from localcloud.awsjson.service import Scope
from localcloud.sagemaker.control_plane.endpoints import Endpoints
from localcloud.sagemaker.control_plane.inference_components import InferenceComponents
from localcloud.sagemaker.hosting.container_call import ReplicaGoneError
from localcloud.sagemaker.hosting.endpoint import Endpoint, RequestQueue
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.hosting.replica import Replica
from localcloud.sagemaker.hosting.traffic import NoCapacityError, ReplicaSet, UnknownVariantError
from localcloud.sagemaker.inference.async_request import read_request
from localcloud.sagemaker.inference.client import (
    LARGEST_BODY,
    ClientGoneError,
    read_body,
    send_error,
    unless_client_leaves,
)
from localcloud.sagemaker.inference.invocation import (
    Invocation,
    RuntimeServiceError,
    StreamEndedError,
    answer,
    send_start,
    stream,
)

_PATH = re.compile(r"/endpoints/([^/]+)/(invocations(?:-response-stream)?|async-invocations)")

_NOT_EMULATED = {
    "x-amzn-sagemaker-target-model": "TargetModel",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname",
    "x-amzn-sagemaker-enable-explanations": "EnableExplanations",
}

_COMPONENT_HEADER = "x-amzn-sagemaker-inference-component"

_NOT_SERVING = ("Creating", "Failed", "Deleting")

_NAME_REQUIRED = (
    "Inference Component Name header is required for endpoints to which you plan to deploy "
    "inference components. Please include Inference Component Name header or consider using "
    "SageMaker models."
)
_NAME_NOT_ALLOWED = (
    "Inference Component Name header is not allowed for endpoints to which you dont plan to "
    "deploy inference components. Please remove the Inference Component Name header and try again."
)
_NO_COPIES = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be "
    "in-progress (if configured) or try to increase the capacity by invoking "
    "UpdateInferenceComponentRuntimeConfig API."
)


@dataclass(frozen=True)
class _Call:
    """One request, with the endpoint or component addressed."""

    endpoint: Endpoint
    component: InferenceComponent | None
    invocation: Invocation


class Runtime:
    """Answers the runtime's HTTP requests; an ASGI application."""

    def __init__(self, endpoints: Endpoints, components: InferenceComponents) -> None:
        self._endpoints = endpoints
        self._components = components

    async def __call__(self, scope: asgi.Scope, receive: Receive, send: Send) -> None:
        """Answer one request; drop it where the client has gone."""
        try:
            call = self._read(scope, await read_body(receive))
            if queue := call.endpoint.queue:
                await _enqueue(call, queue, send)
            else:
                await unless_client_leaves(_invoke(call, send), receive)
        except RuntimeServiceError as error:
            await send_error(send, error)
        except (ClientGoneError, StreamEndedError):
            return

    def _read(self, scope: asgi.Scope, body: bytes | None) -> _Call:
        match = _PATH.fullmatch(scope["path"])
        assert match is not None  # noqa: S101 - the server routes by the same paths
        name, kind = unquote(match[1]), match[2]
        if body is None:
            text = f"HTTP content length exceeded {LARGEST_BODY} bytes."
            raise RuntimeServiceError("", text, status=413)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        for header, member in _NOT_EMULATED.items():
            if header in headers:
                raise _refusal(f"not emulated: {member}")
        caller = Scope.of_request()
        endpoint = self._endpoints.find(caller, name)
        if endpoint is None or endpoint.status in _NOT_SERVING:
            raise _refusal(f"Endpoint {name} of account {caller.account} not found.")
        if (kind == "async-invocations") != (endpoint.queue is not None):
            raise _refusal(f"Endpoint {name} does not support this inference type.")
        component = self._component(caller, endpoint, headers.get(_COMPONENT_HEADER))
        target = component or endpoint
        streams = kind == "invocations-response-stream"
        invocation = Invocation(target.traffic, target.log_group, caller, headers, body, streams)
        return _Call(endpoint, component, invocation)

    def _component(
        self, caller: Scope, endpoint: Endpoint, name: str | None
    ) -> InferenceComponent | None:
        if (name is None) == bool(endpoint.component_variants):
            raise _refusal(_NAME_REQUIRED if name is None else _NAME_NOT_ALLOWED)
        if name is None:
            return None
        component = self._components.find(caller, name)
        serves = component and component.life.status not in _NOT_SERVING
        if not serves or component is None or component.endpoint is not endpoint:
            text = f"Inference Component {name} of account {caller.account} not found."
            raise _refusal(text)
        return component


async def _invoke(call: _Call, send: Send) -> None:
    invocation = call.invocation
    invoke = stream if invocation.streams else answer
    while True:
        replicas, replica = _acquire(call)
        try:
            with _measured(replicas):
                return await invoke(invocation, replica, replicas.name, send)
        except ReplicaGoneError:
            continue  # it has left the rotation
        finally:
            invocation.traffic.release(replica)


@contextmanager
def _measured(replicas: ReplicaSet) -> Iterator[None]:
    """Count an invocation, and the status of its answer if there is any."""
    usage = replicas.usage
    begun = time.monotonic()
    usage.invoked(len(replicas.replicas))
    try:
        yield
    except RuntimeServiceError as error:
        usage.answered(time.monotonic() - begun, error.original_status)
        raise
    except StreamEndedError:
        usage.answered(time.monotonic() - begun, 0)
        raise
    usage.answered(time.monotonic() - begun, HTTPStatus.OK)


async def _enqueue(call: _Call, queue: RequestQueue, send: Send) -> None:
    """`InvokeEndpointAsync`: the answer says where the result will be."""
    name, invocation = call.endpoint.name, call.invocation
    request = read_request(
        name, invocation.scope, invocation.headers, invocation.body, queue.output
    )
    if not await queue.submit(request):
        raise _refusal(f"Endpoint {name} of account {invocation.scope.account} not found.")
    body = json.dumps({"InferenceId": request.inference_id}).encode()
    headers = {
        b"content-type": b"application/json",
        b"content-length": str(len(body)).encode(),
        b"x-amzn-sagemaker-outputlocation": str(request.output).encode(),
    }
    if request.failure:
        headers[b"x-amzn-sagemaker-failurelocation"] = str(request.failure).encode()
    await send_start(send, HTTPStatus.ACCEPTED, headers)
    await send({"type": "http.response.body", "body": body})


def _acquire(call: _Call) -> tuple[ReplicaSet, Replica]:
    invocation, component = call.invocation, call.component
    target = invocation.headers.get("x-amzn-sagemaker-target-variant")
    try:
        return invocation.traffic.acquire(target, invocation.prompt)
    except UnknownVariantError as error:
        text = f"Could not find variant {target} of endpoint {call.endpoint.name}."
        raise _refusal(text) from error
    except NoCapacityError as error:
        if component and not component.copies.replicas:
            component.copies.usage.refused()
            raise _refusal(_NO_COPIES) from error
        text = "No healthy instance can take the request."
        raise RuntimeServiceError("ServiceUnavailable", text, status=503) from error


def _refusal(text: str) -> RuntimeServiceError:
    return RuntimeServiceError("ValidationError", text)
