"""One service's control plane: requests checked, dispatched to its operations, answers shaped."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from ministack.core.responses import get_account_id, get_region

from localcloud.awsjson.rate_limit import RateLimit
from localcloud.awsjson.shapes import (
    Document,
    InvalidError,
    check,
    coerce,
    project,
    service_model,
)

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Scope:
    """Whose resources, and where."""

    account: str
    region: str

    @classmethod
    def of_request(cls) -> Scope:
        """Return the account and region of the request being answered in this context."""
        return cls(get_account_id(), get_region())

    def arn(self, service: str, resource: str) -> str:
        """Name a resource, for example `("sagemaker", "endpoint/twin")`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


class ServiceError(Exception):
    """An error of the service's own: its code and text reach the client as they are."""

    def __init__(
        self, message: str, *, code: str = "ValidationException", status: int = 400
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


Operation = Callable[[Document, Scope], Awaitable[Document]]
"""Carries out one operation with checked parameters; may return more than the answer holds."""


class Worker:
    """An event loop on a thread of its own: the only one that touches the services' state.

    ministack calls from two sides: services from its event loop, CloudFormation provisioners
    from worker threads. Both hand their work to this loop, so nothing here needs a lock, and a
    slow provisioner never delays an engine's health check.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        # A daemon, so that a crash of the server does not wait for engines to stop.
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end from another thread, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end from another event loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    def spawn(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin to run from another thread; the future's `cancel` ends it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def stop(self) -> None:
        """End the loop and its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class JsonService:
    """A service whose operations are functions of checked parameters.

    Attributes:
        name: of the service, as botocore calls it.
        operations: by name.
        worker: whose loop carries them out.
    """

    def __init__(
        self,
        name: str,
        operations: Mapping[str, Operation],
        worker: Worker,
        rate: RateLimit | None = None,
    ) -> None:
        self.name = name
        self.worker = worker
        self._rate = rate or RateLimit(0)
        self.operations = operations
        self._model = service_model(name)

    async def call(self, operation: str, parameters: Document, scope: Scope) -> Document:
        """Carry out one operation.

        Raises:
            ServiceError: The request is refused.
        """
        if operation not in self.operations:
            raise ServiceError(
                f"not emulated: {self.name} {operation}; "
                f"emulated: {', '.join(sorted(self.operations))}",
                code="UnknownOperationException",
            )
        model = self._model.operation_model(operation)
        try:
            check(model.input_shape, parameters)
        except InvalidError as error:
            raise ServiceError(str(error)) from error
        result = await self.operations[operation](parameters, scope)
        answer: Document = project(model.output_shape, result)
        return answer

    def provision(self, operation: str, properties: Document, scope: Scope) -> Document:
        """Carry out one operation for a template: from a worker thread, strings coerced."""
        shape = self._model.operation_model(operation).input_shape
        parameters = coerce(shape, properties)
        return self.worker.call(self.call(operation, parameters, scope))

    async def handle(
        self,
        _method: str,
        _path: str,
        headers: dict[str, str],
        body: bytes,
        _query: dict[str, Any],
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer one HTTP request, in ministack's form."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        return await self.answer(operation, lambda: parse_body(body))

    async def answer(
        self, operation: str, parameters: Callable[[], Document]
    ) -> tuple[int, dict[str, str], bytes]:
        """Carry out one operation for a request; what is refused is an answer too."""
        if not self._rate.take():
            return refusal(ServiceError("Rate exceeded", code="ThrottlingException"))
        try:
            work = self.call(operation, parameters(), Scope.of_request())
            return _response(200, await self.worker.run(work))
        except ServiceError as error:
            return refusal(error)
        except Exception:
            logger.exception("%s %s failed", self.name, operation)
            return refusal(ServiceError("internal failure", code="InternalFailure", status=500))


def refusal(error: ServiceError) -> tuple[int, dict[str, str], bytes]:
    """Write an error as services of JSON do, and by its header as those of REST do."""
    status, headers, body = _response(
        error.status, {"__type": error.code, "message": error.message}
    )
    return status, {**headers, "x-amzn-errortype": error.code}, body


def parse_body(body: bytes) -> Document:
    """Read the JSON of a request; nothing is an empty object.

    Raises:
        ServiceError: It is none.
    """
    try:
        document: Document = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("the body is not JSON", code="SerializationException") from error
    return document


def _response(status: int, document: Document) -> tuple[int, dict[str, str], bytes]:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    return status, headers, json.dumps(document).encode()
