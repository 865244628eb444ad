"""A file of requests, run as a batch on a deployed stage: upload, follow, download."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias
from urllib.error import URLError

from openai import APIStatusError, OpenAI
from openai.types import Batch, FileObject
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from twin.client.conversation import connect
from twin.errors import UserError
from twin.outputs import StageOutputs
from twin.progress import console, step

MAX_FORM_BYTES = 3 * 1024 * 1024
"""Largest upload through the API, which hands a Lambda function 6 MB of base64 at most."""

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})

_POLL_SECONDS = 2.0
_INTERRUPTED = 130
"""Exit status after Ctrl-C: tldp.org/LDP/abs/html/exitcodes.html."""

_Show: TypeAlias = Callable[[Batch], None]


class BatchRunError(UserError):
    """A batch could not be run; the message is for the person who asked."""


@dataclass(frozen=True)
class BatchRun:
    """A file of requests to be run as a batch.

    Attributes:
        client: The official client, pointed at a stage.
        requests: The requests, one JSON object a line:
            platform.openai.com/docs/api-reference/batch/request-input.
        out: Where the answers go.
        errors: Where the requests without an answer go; there is no such file if there are none.
    """

    client: OpenAI
    requests: Path
    out: Path
    errors: Path

    def __call__(self) -> int:
        """Run the batch to its end.

        Returns:
            The exit status: 0 only if every request was answered.

        Raises:
            BatchRunError: The batch could not be run.
        """
        try:
            with step(f"Upload {self.requests.name}"):
                file_id = self._upload()
            started = time.monotonic()
            batch = self.client.batches.create(
                input_file_id=file_id, endpoint=self._endpoint(), completion_window="24h"
            )
            console.print(f"  batch {batch.id}; Ctrl-C cancels it")
            batch, was_interrupted = self._follow(batch)
            self._download(batch)
        except APIStatusError as error:
            raise BatchRunError(_message(error)) from error
        self._sum_up(batch, time.monotonic() - started)
        if was_interrupted:
            return _INTERRUPTED
        counts = batch.request_counts
        return 0 if batch.status == "completed" and counts and not counts.failed else 1

    def _endpoint(self) -> Any:  # noqa: ANN401  the service says which there are
        """Return the route of the first request, which all others must share."""
        with self.requests.open("rb") as lines:
            for line in filter(bytes.strip, lines):
                try:
                    return str(json.loads(line)["url"])
                except (ValueError, LookupError, TypeError):
                    break
        return "/v1/chat/completions"

    def _upload(self) -> str:
        size = self.requests.stat().st_size
        if size <= MAX_FORM_BYTES:
            return self.client.files.create(file=self.requests, purpose="batch").id
        announced = {"purpose": "batch", "filename": self.requests.name, "bytes": size}
        file = self.client.post("/files", body=announced, cast_to=FileObject)
        url: str = (file.model_extra or {})["upload_url"]
        with self.requests.open("rb") as content:
            put = urllib.request.Request(  # noqa: S310 - the service signed it
                url, content, {"content-length": str(size)}, method="PUT"
            )
            try:
                urllib.request.urlopen(put).close()  # noqa: S310
            except URLError as error:
                message = f"the bucket did not take {self.requests}: {error.reason}"
                raise BatchRunError(message) from error
        return file.id

    def _follow(self, batch: Batch) -> tuple[Batch, bool]:
        """Wait for the end of a batch, showing its progress; also tell whether Ctrl-C ended it."""
        columns = (
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as progress:
            task = progress.add_task(batch.status, total=None)

            def show(batch: Batch) -> None:
                counts = batch.request_counts
                total = counts.total if counts else 0
                done = counts.completed + counts.failed if counts else 0
                progress.update(task, description=batch.status, total=total or None, completed=done)

            try:
                return self._wait(batch.id, show), False
            except KeyboardInterrupt:
                progress.console.print("Cancelling; what has been answered is kept")
                return self._cancel(batch.id, show), True

    def _wait(self, batch_id: str, show: _Show) -> Batch:
        while True:
            batch = self.client.batches.retrieve(batch_id)
            show(batch)
            if batch.status in ENDED:
                return batch
            time.sleep(_POLL_SECONDS)

    def _cancel(self, batch_id: str, show: _Show) -> Batch:
        try:
            self.client.batches.cancel(batch_id)
        except APIStatusError as error:
            # It may have ended in the same moment.
            if error.status_code != HTTPStatus.CONFLICT:
                raise
        return self._wait(batch_id, show)

    def _download(self, batch: Batch) -> None:
        # What an earlier run wrote must not be taken for this one's.
        self.out.write_bytes(b"")
        self.errors.unlink(missing_ok=True)
        for file_id, path in ((batch.output_file_id, self.out), (batch.error_file_id, self.errors)):
            if file_id:
                with self.client.files.with_streaming_response.content(file_id) as content:
                    content.stream_to_file(path)

    def _sum_up(self, batch: Batch, seconds: float) -> None:
        if batch.errors and batch.errors.data:
            console.print(_table(batch.errors.data))
        counts, usage = batch.request_counts, batch.usage
        if counts and counts.total:
            console.print(
                f"{batch.status}: {counts.completed:,} of {counts.total:,} requests answered in "
                f"{seconds:,.0f} s ({counts.completed / seconds:,.1f} a second)"
            )
        else:
            console.print(f"{batch.status}: no request was run")
        if usage and usage.total_tokens:
            console.print(f"tokens: {usage.input_tokens:,} in, {usage.output_tokens:,} out")
        if batch.output_file_id:
            console.print(f"answers: {escape(str(self.out))}", soft_wrap=True)
        if batch.error_file_id:
            console.print(f"without an answer: {escape(str(self.errors))}", soft_wrap=True)


def _table(errors: list[Any]) -> Table:
    table = Table("line", "code", "what is wrong", box=None)
    for error in errors:
        table.add_row(str(error.line or ""), error.code or "", escape(error.message or ""))
    return table


def _message(error: APIStatusError) -> str:
    body = error.body
    return str(body["message"]) if isinstance(body, dict) and "message" in body else error.message


def run_batch(outputs: StageOutputs, requests: Path, out: Path, errors: Path | None) -> int:
    """Run a file of requests as a batch on a stage.

    Args:
        outputs: Where the stage answers.
        requests: The requests, one JSON object a line.
        out: Where the answers go.
        errors: Where the requests without an answer go; beside `out` unless given.

    Returns:
        The exit status: 0 only if every request was answered.

    Raises:
        BatchRunError: The batch could not be run.
    """
    errors = errors or out.with_name(f"{out.stem}.errors{out.suffix}")
    _check_written("--out", out, {"the requests": requests})
    _check_written("--errors", errors, {"the requests": requests, "--out": out})
    return BatchRun(connect(outputs), requests, out, errors)()


def _check_written(option: str, path: Path, others: dict[str, Path]) -> None:
    """Refuse a place for answers that cannot take them, before the batch is paid for.

    Raises:
        BatchRunError: A file cannot be written there, or it is one of `others`.
    """
    for what, other in others.items():
        if path.resolve() == other.resolve():
            raise BatchRunError(f"{option}: got '{path}', the file of {what}; must be another")
    if not path.absolute().parent.is_dir():
        raise BatchRunError(f"{option}: got '{path}'; must be a file in a folder that is there")
    is_new = not os.path.lexists(path)
    try:
        path.open("ab").close()  # no permission bit tells of a read-only disk
        if is_new:
            path.unlink()
    except OSError as error:
        reason = error.strerror or error
        raise BatchRunError(
            f"{option}: got '{path}': {reason}; must be a file that can be written"
        ) from error
