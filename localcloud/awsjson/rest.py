"""Services of AWS's REST protocol with JSON: the operation is the method and the path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localcloud.awsjson.rate_limit import RateLimit
from localcloud.awsjson.service import (
    JsonService,
    Operation,
    ServiceError,
    Worker,
    parse_body,
    refusal,
)
from localcloud.awsjson.shapes import Document, service_model

_PLACE = re.compile(r"\\{(\w+)\\}")


class RestJsonService(JsonService):
    """A service of which a request's body, path and query tell the parameters.

    Args:
        most_bytes: longest body of a request; 0 limits nothing.
    """

    def __init__(
        self,
        name: str,
        operations: Mapping[str, Operation],
        worker: Worker,
        rate: RateLimit | None = None,
        *,
        most_bytes: int = 0,
    ) -> None:
        super().__init__(name, operations, worker, rate)
        self._most_bytes = most_bytes
        self._routes = routes(name)

    async def handle(
        self,
        method: str,
        path: str,
        _headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer one HTTP request, in ministack's form."""
        if self._most_bytes and len(body) > self._most_bytes:
            text = f"Request payload of {len(body)} bytes exceeds {self._most_bytes} bytes"
            return refusal(ServiceError(text))
        operation, of_path = find_operation(self._routes, method, path)

        def parameters() -> Document:
            return {**parse_body(body), **of_path, **query}

        return await self.answer(operation, parameters)


Routes = list[tuple[str, re.Pattern[str], str]]


def routes(service: str) -> Routes:
    """List a service's operations: method, pattern of the path, and name."""
    model = service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        pattern = _PLACE.sub(r"(?P<\1>.+)", re.escape(http["requestUri"]))
        found.append((http["method"], re.compile(pattern), str(name)))
    return found


def find_operation(found: Routes, method: str, path: str) -> tuple[str, dict[str, str]]:
    """Name the operation of a request, with the parameters in its path; without, it is empty."""
    for wanted, pattern, name in found:
        if wanted == method and (match := pattern.fullmatch(path)):
            return name, match.groupdict()
    return "", {}
