"""The check of a batch's input, line by line, before anything is paid for.

The format is that of platform.openai.com/docs/api-reference/batch/request-input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pydantic_core
from pydantic import ValidationError

from lambda_api.admission.request import OPENAI_ONLY, Admission
from lambda_api.batches.lines.endpoints import ENDPOINTS, InputLine
from lambda_api.batches.schemas import BatchError, EndpointPath
from lambda_api.chat.service import payload_of
from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import ServiceError
from lambda_api.http.validation_errors import field_error

MAX_REQUESTS = 50_000
"""Most requests in a batch: platform.openai.com/docs/api-reference/batch/create."""

MOST_LISTED_ERRORS = 100

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def lines_in(parts: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    """Yield the lines of a file that is read in parts.

    Memory is bounded: of a line over `most_bytes` only the beginning comes, still over the limit.
    """
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
        rest = rest[: most_bytes + 1]
    yield rest


@dataclass
class InputCheck:
    """The check of one input: yields a job for each valid line, and collects errors of the others.

    Attributes:
        path: The route that the requests must be for.
        models: The models that requests may name.
        most_bytes: The largest line, once written for the transform job.
        admission: The rules by which requests reach the engine.
        errors: The errors of the first invalid lines.
        wrong: Number of invalid lines.
        requests: Number of valid lines.
    """

    path: EndpointPath
    models: ServedModels
    most_bytes: int
    admission: Admission = OPENAI_ONLY
    errors: list[BatchError] = field(default_factory=list)
    wrong: int = 0
    requests: int = 0
    _seen: set[str] = field(default_factory=set)

    def jobs(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Check lines; yield each valid one as the transform job reads it.

        Reading stops at the first line over the most that a batch may have.
        """
        for number, line in enumerate(lines, 1):
            text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
            if not text.strip():
                continue
            if self.requests + self.wrong == MAX_REQUESTS:
                self._note(_too_many(number))
                return
            checked = self._checked(number, text)
            if isinstance(checked, BatchError):
                self._note(checked)
            else:
                self.requests += 1
                yield checked

    def all_errors(self) -> list[BatchError]:
        """Return the errors of the input; none if it can be run."""
        if self.wrong > len(self.errors):
            message = f"{self.wrong} lines are wrong, the first {len(self.errors)} are listed"
            return [*self.errors, BatchError(code="more_errors", message=message)]
        if not self.wrong and not self.requests:
            return [BatchError(code="empty_file", message="the file has no requests")]
        return self.errors

    def _note(self, error: BatchError) -> None:
        self.wrong += 1
        if len(self.errors) < MOST_LISTED_ERRORS:
            self.errors.append(error)

    def _checked(self, number: int, text: bytes) -> bytes | BatchError:
        if len(text) > self.most_bytes:
            return self._too_long(number)
        found = _parsed(text)
        if not isinstance(found, dict):
            message = f"the line is not {'a JSON object' if found is not _NO_JSON else 'JSON'}"
            return BatchError(code="invalid_json_line", line=number, message=message)
        if "url" in found and found["url"] != self.path:
            return self._elsewhere(number, found["url"])
        try:
            line = ENDPOINTS[self.path].line.model_validate(found)
        except ValidationError as error:
            wrong = field_error(error.errors()[0], found)
            code = "invalid_method" if wrong.param == "method" else "invalid_request"
            return BatchError(code=code, line=number, message=wrong.message, param=wrong.param)
        return self._repeated(number, line) or self._job(number, line)

    def _elsewhere(self, number: int, url: object) -> BatchError:
        message = f"url: got {str(url)[:60]!r}, this batch is for {self.path!r}"
        return BatchError(code="url_mismatch", line=number, message=message, param="url")

    def _repeated(self, number: int, line: InputLine[Any]) -> BatchError | None:
        if line.custom_id in self._seen:
            message = (
                f"custom_id: {line.custom_id!r} is that of an earlier line, each needs its own"
            )
            return BatchError(
                code="duplicate_custom_id", line=number, message=message, param="custom_id"
            )
        self._seen.add(line.custom_id)
        return None

    def _job(self, number: int, line: InputLine[Any]) -> bytes | BatchError:
        to_payload = partial(payload_of, models=self.models, admission=self.admission)
        try:
            prepared = ENDPOINTS[self.path].prepare(line.body, to_payload)
        except ServiceError as error:
            code, param = error.code or "invalid_request", f"body.{error.param or ''}".rstrip(".")
            return BatchError(code=code, line=number, message=error.message, param=param)
        job = prepared.written(line.custom_id)
        return job if len(job) <= self.most_bytes else self._too_long(number)

    def _too_long(self, number: int) -> BatchError:
        message = f"the line is too long, at most {self.most_bytes} bytes are allowed"
        return BatchError(code="request_too_large", line=number, message=message)


_NO_JSON = object()


def _parsed(text: bytes) -> Any:  # noqa: ANN401  any JSON value
    try:
        return pydantic_core.from_json(text, allow_inf_nan=False)
    except ValueError:
        return _NO_JSON


def _too_many(number: int) -> BatchError:
    message = f"the file has more than {MAX_REQUESTS} requests, which is the most a batch may have"
    return BatchError(code="too_many_tasks", line=number, message=message)
