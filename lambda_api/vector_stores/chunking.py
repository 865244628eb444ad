"""OpenAI's chunking strategies, within what the embedder reads."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

FEWEST_TOKENS, MOST_TOKENS = 100, 220
"""Tokens of a chunk with its headings; a contract test holds them to the features' own."""

_NOT_CUT = "reads 256 tokens, of which a chunk with its headings may have 100 to 220"


class StaticChunking(BaseModel):
    """Chunks of at most so many tokens, which share none."""

    max_chunk_size_tokens: int = Field(MOST_TOKENS, description="100 to 220.")
    chunk_overlap_tokens: Literal[0] = Field(0, description="Neighbours that fit are joined.")

    @field_validator("max_chunk_size_tokens")
    @classmethod
    def _is_read_whole(cls, value: int) -> int:
        if not FEWEST_TOKENS <= value <= MOST_TOKENS:
            raise PydanticCustomError("chunk_size", f"the embedder {_NOT_CUT}")
        return value

    @field_validator("chunk_overlap_tokens", mode="before")
    @classmethod
    def _is_none(cls, value: Any) -> Any:  # noqa: ANN401  any JSON value
        if value != 0:
            raise PydanticCustomError("overlap", "chunks do not overlap, 0 is allowed")
        return value


class ChunkingStrategy(BaseModel):
    """The strategy of cutting a file: by headings and paragraphs, always."""

    type: Literal["auto", "static"] = "auto"
    static: StaticChunking | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.type == "static" and self.static is None:
            raise PydanticCustomError("static", "type 'static' needs an object 'static'")
        return self

    @property
    def tokens(self) -> int:
        """Most tokens of a chunk."""
        return self.static.max_chunk_size_tokens if self.static else MOST_TOKENS

    @classmethod
    def of(cls, tokens: int) -> ChunkingStrategy:
        """Return the strategy of chunks of at most so many tokens."""
        return cls(type="static", static=StaticChunking(max_chunk_size_tokens=tokens))
