"""A transform job's records: how a file is split, filtered, joined with its answers, assembled.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.transform.json_path import Json, JsonPath, JsonPathError

MEGABYTE = 2**20


class RecordError(Exception):
    """A record cannot be sent, or its answer cannot be used; the text says why.

    Attributes:
        blamed: first word of the job's failure reason.
    """

    blamed = "ClientError"


class ContainerError(RecordError):
    """The container does not answer, or fails."""

    blamed = "AlgorithmError"


@dataclass(frozen=True)
class Batch:
    """The records of one request.

    Attributes:
        first: position in the file of the first record, from 1.
    """

    first: int
    records: Sequence[bytes]

    @property
    def position(self) -> str:
        """Position in the file, as told to a person."""
        last = self.first + len(self.records) - 1
        return f"record {self.first}" if last == self.first else f"records {self.first}-{last}"


def split(content: bytes, split_type: str) -> list[bytes]:
    """Take a file apart: at its line ends, or not at all. Blank lines are no records."""
    if split_type == "None":
        return [content]
    return [line.rstrip(b"\r") for line in content.split(b"\n") if line.strip()]


def batches(records: Sequence[bytes], *, several: bool, largest: int) -> list[Batch]:
    """Group records into requests of at most `largest` bytes.

    Raises:
        RecordError: A record alone is larger.
    """
    grouped: list[Batch] = []
    current: list[bytes] = []
    size = 0
    for position, record in enumerate(records, start=1):
        if len(record) > largest:
            raise RecordError(
                f"record {position}: {len(record)} bytes, more than MaxPayloadInMB "
                f"({largest // MEGABYTE} MB)"
            )
        if current and (not several or size + len(record) > largest):
            grouped.append(Batch(position - len(current), current))
            current, size = [], 0
        current.append(record)
        size += len(record) + 1
    if current:
        grouped.append(Batch(len(records) - len(current) + 1, current))
    return grouped


class DataProcessing:
    """The filters of a job: of the input, of the join with the answers, and of the output.

    Raises:
        JsonPathError: A filter is not one.
    """

    def __init__(self, settings: Document) -> None:
        self._input = JsonPath(settings.get("InputFilter") or "$")
        self._output = JsonPath(settings.get("OutputFilter") or "$")
        self._joins = settings.get("JoinSource", "None") == "Input"

    @property
    def changes_records(self) -> bool:
        """True if there is anything to do: only then are records read as JSON."""
        return self._joins or self._input.text != "$" or self._output.text != "$"

    def request(self, batch: Batch) -> bytes:
        """Build the body to send.

        Raises:
            RecordError: A record is not JSON, or has not what the filter selects.
        """
        if self._input.text == "$":
            return b"\n".join(batch.records)
        return b"\n".join(
            _dump(_select(self._input, _load(record, "the input"), "InputFilter"))
            for record in batch.records
        )

    def results(self, batch: Batch, answer: bytes) -> list[bytes]:
        """Convert a container's answer to records of the output file.

        Raises:
            RecordError: The answer is not JSON, or has not what the filter selects.
        """
        if not self._joins and self._output.text == "$":
            return [answer.rstrip(b"\r\n")]
        answers = [answer] if len(batch.records) == 1 else split(answer, "Line")
        if len(answers) != len(batch.records):
            text = f"{len(answers)} answers to {len(batch.records)} records cannot be joined"
            raise RecordError(text)
        return [
            self._result(record, _load(one, "the container's answer"))
            for record, one in zip(batch.records, answers, strict=True)
        ]

    def _result(self, record: bytes, answer: Json) -> bytes:
        joined = _join(_load(record, "the input"), answer) if self._joins else answer
        return _dump(_select(self._output, joined, "OutputFilter"))


def assemble(results: Sequence[bytes], assemble_with: str) -> bytes:
    """Join the results to the output file."""
    end = b"\n" if assemble_with == "Line" else b""
    return b"".join(result + end for result in results)


def _join(record: Json, answer: Json) -> Document:
    if isinstance(record, dict):
        return {**record, "SageMakerOutput": answer}
    return {"SageMakerInput": record, "SageMakerOutput": answer}


def _select(path: JsonPath, document: Json, name: str) -> Json:
    try:
        return path.select(document)
    except JsonPathError as error:
        raise RecordError(f"{name} {path.text}: {error}") from error


def _load(text: bytes, what: str) -> Json:
    try:
        return json.loads(text)
    except ValueError as error:
        raise RecordError(f"{what} is not JSON: {error}") from error


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
