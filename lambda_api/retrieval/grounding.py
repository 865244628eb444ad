"""The ground of one answer: what was searched for and found, and the request with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.truncation import OVERFLOW
from lambda_api.errors import ServiceError
from lambda_api.retrieval.citations import CitationFinder, CitedFile
from lambda_api.retrieval.context import fitting, with_context
from lambda_api.retrieval.passages import Passage, joined

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Found:
    """Passages that the searches before an answer found, or the failure.

    Attributes:
        queries: The questions, as they were searched for.
        passages: The passages, the best first.
        as_of: Time of the index's oldest generation that was searched, as ISO 8601 has it.
        failed: The stage that failed, if one did: "search", or "circuit" where it was not tried.
        milliseconds: How long it took.
    """

    queries: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    as_of: str | None = None
    failed: str | None = None
    milliseconds: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer: as of when, or that nothing was found out."""
        if self.failed:
            return {"x-features": "none"}
        return {"x-features-as-of": self.as_of} if self.as_of else {}


@dataclass
class Grounding:
    """The ground of one answer.

    Attributes:
        found: What was found; None for a request that asks for no search.
        context_length: Tokens of the model's prompt and answer together.
        blocks: The passages that the model reads, in the order of their numbers.
    """

    found: Found | None = None
    context_length: int = 0
    blocks: Sequence[Passage] = field(default_factory=list)

    def asked(
        self, ask: Callable[[ChatCompletionRequest], Answer], request: ChatCompletionRequest
    ) -> Answer:
        """Return the engine's answer to a request with the blocks.

        If that is too long for the model, the last block is dropped, once.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        passages = self.found.passages if self.found else ()
        if not passages:
            return ask(request)
        self.blocks = fitting(request, joined(passages), self.context_length)
        try:
            return ask(with_context(request, self.blocks))
        except ServiceError as error:
            if error.code != OVERFLOW or not self.blocks:
                raise
            self.blocks = self.blocks[:-1]
            return ask(with_context(request, self.blocks))

    @property
    def files(self) -> list[CitedFile]:
        """The files of the blocks."""
        return [(passage.file_id, passage.filename) for passage in self.blocks]

    def citations(self) -> CitationFinder:
        """Return a finder of citations of the blocks."""
        return CitationFinder(self.files)
