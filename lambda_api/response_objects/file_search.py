"""Searches before an answer, as items of a response, and the citations in its text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lambda_api.response_objects.schemas import (
    FileSearchCall,
    Outcome,
    OutputItem,
    OutputMessage,
)
from lambda_api.response_requests.items import output_id
from lambda_api.retrieval.citations import CitationFinder, CitedFile
from lambda_api.retrieval.grounding import Found

RESULTS = "file_search_call.results"
"""The value of `include` that asks for the results."""


def search_call(found: Found, response_id: str, include: Collection[str] | None) -> FileSearchCall:
    """Return the item of a search, which is the first of its response.

    Args:
        found: What was found.
        response_id: The response.
        include: The request's `include`.
    """
    return FileSearchCall(
        id=output_id("file_search_call", response_id, 0),
        status="failed" if found.failed else "completed",
        queries=list(found.queries),
        results=[one.result() for one in found.passages] if RESULTS in (include or ()) else None,
    )


def searched(outcome: Outcome, call: FileSearchCall | None, files: Sequence[CitedFile]) -> Outcome:
    """Return an outcome with the search before the answer, and with citations.

    Args:
        outcome: The outcome.
        call: The search, if there was one.
        files: The files of the blocks that the model read.
    """
    if call is None:
        return outcome
    output = [call, *(_cited(item, files) for item in outcome.output)]
    return outcome.model_copy(update={"output": output})


def _cited(item: OutputItem, files: Sequence[CitedFile]) -> OutputItem:
    if not isinstance(item, OutputMessage):
        return item
    parts = [
        part.model_copy(update={"annotations": CitationFinder(files).feed(part.text)})
        for part in item.content
    ]
    return item.model_copy(update={"content": parts})
