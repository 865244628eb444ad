"""OpenAI's search of one store: platform.openai.com/docs/api-reference/vector-stores/search."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from lambda_api.retrieval.file_search import FileSearch, ranked
from lambda_api.retrieval.grounding import Found
from lambda_api.vector_stores.file_schemas import Text

_MOST_QUERIES = 5

Query = Annotated[str, Field(min_length=1)]


class SearchRequest(BaseModel):
    """A search of one store."""

    query: Query | Annotated[list[Query], Field(min_length=1, max_length=_MOST_QUERIES)]
    filters: dict[str, Any] | None = None
    max_num_results: Any = Field(None, description="1 to 50; 10 if left out.")
    ranking_options: Any = Field(
        None, description="score_threshold; hybrid_search with embedding_weight, text_weight."
    )
    rewrite_query: bool = Field(False, description="Whether the model makes sentences of queries.")

    @property
    def queries(self) -> list[str]:
        """The questions."""
        return [self.query] if isinstance(self.query, str) else self.query

    def search_of(self, store_id: str) -> FileSearch:
        """Return the search of a store.

        Raises:
            InvalidRequestError: A field is unknown or out of bounds.
        """
        given = self.model_dump(exclude={"query", "rewrite_query"}, exclude_none=True)
        return FileSearch((store_id,), param="", **ranked(given, ""))


class SearchResult(BaseModel):
    """A chunk that was found."""

    file_id: str
    filename: str
    score: float
    attributes: dict[str, Any]
    content: list[Text]


class SearchResults(BaseModel):
    """The results of a search."""

    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
    search_query: list[str] = Field(description="The questions as they were searched for.")
    data: list[SearchResult]
    has_more: Literal[False] = False
    next_page: None = None

    @classmethod
    def of(cls, found: Found) -> SearchResults:
        """Return the passages that were found, as callers see them."""
        told = [passage.result() for passage in found.passages]
        return cls(
            search_query=list(found.queries),
            data=[SearchResult(**one, content=[Text(text=one["text"])]) for one in told],
        )
