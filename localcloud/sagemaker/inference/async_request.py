"""A request of `InvokeEndpointAsync`: from HTTP headers to what waits in the queue.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from localcloud.awsjson.service import Scope
from localcloud.awsjson.shapes import Document, InvalidError, check, coerce, service_model
from localcloud.sagemaker.inference.invocation import TO_CONTAINER, RuntimeServiceError
from localcloud.sagemaker.storage.objects import S3Uri

LARGEST_INLINE_BODY = 128_000
"""Bytes of an inline payload, from the service's model (`AsyncBodyBlob`)."""

DEFAULT_TTL_SECONDS = 21_600
DEFAULT_INVOCATION_SECONDS = 900

_INPUT = service_model("sagemaker-runtime").operation_model("InvokeEndpointAsync").input_shape
assert _INPUT is not None  # noqa: S101 - the model has one
_HEADERS = {
    shape.serialization["name"].lower(): member
    for member, shape in _INPUT.members.items()
    if shape.serialization.get("location") == "header"
}


@dataclass(kw_only=True)
class AsyncRequest:
    """An asynchronous request on the way to a result.

    Attributes:
        parameters: the operation's parameters without `Body`, by botocore's names.
        headers: headers that the container gets.
        source: object that holds the payload, unless the payload came inline.
        received: seconds since 1970.
        attempts: count of instances that broke off while answering.
    """

    endpoint: str
    scope: Scope
    parameters: Document
    headers: Mapping[str, str]
    inference_id: str
    source: S3Uri | None
    body: bytes
    output: S3Uri
    failure: S3Uri | None
    received: float = field(default_factory=time.time)
    attempts: int = 0

    @property
    def ttl(self) -> float:
        """Longest time in the queue, in seconds."""
        return float(self.parameters.get("RequestTTLSeconds", DEFAULT_TTL_SECONDS))

    @property
    def timeout(self) -> float:
        """Longest time in the container, in seconds."""
        return float(self.parameters.get("InvocationTimeoutSeconds", DEFAULT_INVOCATION_SECONDS))


def read_request(
    endpoint: str, scope: Scope, headers: Mapping[str, str], body: bytes, output: Document
) -> AsyncRequest:
    """Read and check a request.

    Args:
        endpoint: The endpoint's name.
        scope: Whose request it is.
        headers: Names in lower case.
        body: The inline payload; empty when there is none.
        output: The endpoint's `OutputConfig`.

    Raises:
        RuntimeServiceError: The service refuses it.
    """
    parameters = _parameters(endpoint, headers)
    location = parameters.get("InputLocation")
    if bool(location) == bool(body):
        raise _invalid("Provide exactly one of Body and InputLocation.")
    if len(body) > LARGEST_INLINE_BODY:
        raise _invalid(
            "1 validation error detected: Value at 'body' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LARGEST_INLINE_BODY}"
        )
    unique = str(uuid.uuid4())
    name = parameters.get("Filename", f"{unique}.out")
    folder = parameters.get("S3OutputPathExtension", "").strip("/")
    failures = output.get("S3FailurePath")
    return AsyncRequest(
        endpoint=endpoint,
        scope=scope,
        parameters=parameters,
        headers={name: headers[name] for name in TO_CONTAINER if name in headers}
        | _negotiated(parameters),
        inference_id=parameters.get("InferenceId", unique),
        source=_location(location) if location else None,
        body=body,
        output=S3Uri.parse(output["S3OutputPath"]) / f"{folder}/{name}".lstrip("/"),
        failure=S3Uri.parse(failures) / f"{unique}-error.out" if failures else None,
    )


def _parameters(endpoint: str, headers: Mapping[str, str]) -> Document:
    given = {member: headers[name] for name, member in _HEADERS.items() if name in headers}
    parameters: Document = coerce(_INPUT, given)
    try:
        check(_INPUT, {**parameters, "EndpointName": endpoint})
    except InvalidError as error:
        raise _invalid(str(error)) from error
    return parameters


def _negotiated(parameters: Document) -> dict[str, str]:
    members = {"content-type": "ContentType", "accept": "Accept"}
    return {name: parameters[key] for name, key in members.items() if key in parameters}


def _location(text: str) -> S3Uri:
    try:
        return S3Uri.parse(text)
    except ValueError as error:
        raise _invalid(str(error)) from error


def _invalid(text: str) -> RuntimeServiceError:
    return RuntimeServiceError("ValidationError", text)
