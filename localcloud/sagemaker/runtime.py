"""SageMaker Runtime: requests to endpoints, answered by engines or queued for them.

Runs on the server's event loop, and reaches the services' state through `find` and `Traffic`,
which are safe from any thread. A request goes straight to the engine's own HTTP server; its
answer is passed on as it arrives.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import unquote

from localcloud import asgi
from localcloud.asgi import Receive, Send
from localcloud.awsjson.service import Scope
from localcloud.sagemaker.control_plane.endpoints import Endpoints
from localcloud.sagemaker.control_plane.inference_components import InferenceComponents
from localcloud.sagemaker.hosting.adapter_component import AdapterComponent
from localcloud.sagemaker.hosting.endpoint import Endpoint, RequestQueue
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.inference.async_request import read_request
from localcloud.sagemaker.inference.authorization import ACTIONS, authorize
from localcloud.sagemaker.inference.client import (
    LARGEST_BODY,
    ClientGoneError,
    read_body,
    send_error,
    unless_client_leaves,
)
from localcloud.sagemaker.inference.data_capture import DataCapture, Recording
from localcloud.sagemaker.inference.dispatch import Call, invoke
from localcloud.sagemaker.inference.invocation import (
    MODEL_SECONDS,
    STREAM_SECONDS,
    Invocation,
    RuntimeServiceError,
    StreamEndedError,
    send_start,
)
from localcloud.sagemaker.inference.shadowing import Shadowing
from localcloud.sagemaker.storage.objects import Objects

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


class Runtime:
    """Answers the runtime's HTTP requests; an ASGI application."""

    def __init__(
        self,
        endpoints: Endpoints,
        components: InferenceComponents,
        objects: Objects,
        invocation_seconds: float = MODEL_SECONDS,
    ) -> None:
        """Answer for endpoints and components.

        Args:
            endpoints: The endpoints.
            components: The inference components.
            objects: The store of captured requests and answers.
            invocation_seconds: Longest wait for a whole answer.
        """
        self._endpoints = endpoints
        self._components = components
        self._seconds = invocation_seconds
        self._capture = DataCapture(objects)
        self._shadowing = Shadowing(self._capture)

    async def __call__(self, scope: asgi.Scope, receive: Receive, send: Send) -> None:
        """Answer one request; drop it where the client has gone."""
        try:
            call = self._read(scope, await read_body(receive))
            if queue := call.endpoint.queue:
                await _enqueue(call, queue, send)
            else:
                await unless_client_leaves(self._answer(call, send), receive)
        except RuntimeServiceError as error:
            await send_error(send, error)
        except (ClientGoneError, StreamEndedError):
            return

    async def _answer(self, call: Call, send: Send) -> None:
        """Answer a request, and copy and capture it as the endpoint's config says."""
        captured = self._capture.samples(call.endpoint)
        self._shadowing.copy(call, captured=captured)
        if not captured:
            return await invoke(call, send)
        answer = Recording()
        await invoke(replace(call, invocation=replace(call.invocation, recording=answer)), send)
        return self._capture.keep(call.endpoint, call.invocation, answer)

    def _read(self, scope: asgi.Scope, body: bytes | None) -> Call:
        match = _PATH.fullmatch(scope["path"])
        assert match is not None  # noqa: S101 - the server routes by the same paths
        name, kind = unquote(match[1]), match[2]
        if body is None:
            text = f"HTTP content length exceeded {LARGEST_BODY} bytes."
            raise RuntimeServiceError("", text, status=413)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        authorize(headers, ACTIONS[kind], name, headers.get(_COMPONENT_HEADER))
        for header, member in _NOT_EMULATED.items():
            if header in headers:
                raise _refusal(f"not emulated: {member}")
        caller = Scope.of_request()
        endpoint = self.endpoint(caller, name)
        if (kind == "async-invocations") != (endpoint.queue is not None):
            raise _refusal(f"Endpoint {name} does not support this inference type.")
        component = self.component(caller, endpoint, headers.get(_COMPONENT_HEADER))
        target = component or endpoint
        streams = kind == "invocations-response-stream"
        seconds = STREAM_SECONDS if streams else self._seconds
        invocation = Invocation(
            target.traffic,
            target.log_group,
            caller,
            headers,
            body,
            streams,
            seconds,
            component.name if isinstance(component, AdapterComponent) else None,
        )
        return Call(endpoint, component, invocation)

    def endpoint(self, caller: Scope, name: str) -> Endpoint:
        """Return the endpoint of a name.

        Raises:
            RuntimeServiceError: There is none that serves.
        """
        endpoint = self._endpoints.find(caller, name)
        if endpoint is None or endpoint.status in _NOT_SERVING:
            raise _refusal(f"Endpoint {name} of account {caller.account} not found.")
        return endpoint

    def component(
        self, caller: Scope, endpoint: Endpoint, name: str | None
    ) -> InferenceComponent | AdapterComponent | None:
        """Return the inference component of a name; None for an endpoint without components.

        Raises:
            RuntimeServiceError: The endpoint needs a name, or takes none, or it has none such.
        """
        if (name is None) == bool(endpoint.component_variants):
            raise _refusal(_NAME_REQUIRED if name is None else _NAME_NOT_ALLOWED)
        if name is None:
            return None
        component = self._components.serving(caller, name)
        serves = component and component.life.status not in _NOT_SERVING
        if not serves or component is None or component.endpoint is not endpoint:
            text = f"Inference Component {name} of account {caller.account} not found."
            raise _refusal(text)
        return component


async def _enqueue(call: Call, queue: RequestQueue, send: Send) -> None:
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


def _refusal(text: str) -> RuntimeServiceError:
    return RuntimeServiceError("ValidationError", text)
