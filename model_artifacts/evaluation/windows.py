"""A text in windows, as llama-perplexity cuts it: half of each is context, half is scored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_WINDOW = 512
"""Tokens of a window, unless the model's own context is shorter: llama-perplexity's default."""


@dataclass(frozen=True)
class Window:
    """A stretch of the text.

    Attributes:
        tokens: what the model reads.
        first: index of the first position whose next token is scored.
        following: the next token at each scored position.
        end: index in the text of the first token after the window.
    """

    tokens: list[int]
    first: int
    following: list[int]
    end: int


def windows(tokens: list[int], length: int, first_token: int | None) -> Iterator[Window]:
    """Cut a text into whole windows; a rest that fills none is left out.

    Args:
        tokens: of the text.
        length: of a window.
        first_token: put in place of each window's first, where a model's texts begin so.
    """
    for begin in range(0, len(tokens) - length + 1, length):
        part = tokens[begin : begin + length]
        first = length // 2
        read = part if first_token is None else [first_token, *part[1:]]
        yield Window(read[:-1], first, part[first + 1 :], begin + length)
