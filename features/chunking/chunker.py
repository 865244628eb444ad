"""Chunks: pieces of a section, by paragraphs, with the title and the headings in front.

MiniLM reads 256 tokens; a chunk has at most 220 with what stands in front, so that none is cut.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from semantic_text_splitter import MarkdownSplitter
from tokenizers import Tokenizer

from features.chunking.passage import SEPARATOR, lead, passage_of
from features.documents.attributes import Attributes
from features.documents.document import Document, Section

MOST_TOKENS = 220
FEWEST_TOKENS = 100
_MOST_CONTEXT_TOKENS = 40
_STEP = 20
"""Capacities are multiples of this: a splitter copies the tokenizer, and few are made."""

_MOST_CHARACTERS = 2000
"""Of a chunk: a word of more than 100 characters is one token to BERT, however long it is."""

_VERSION = 2
"""Part of a chunk's origin: another way of cutting makes other chunks of the same document."""


@dataclass(frozen=True)
class Chunk:
    """A piece of a document.

    Attributes:
        text: The piece, without context.
        context: Title and headings, which stand in front when it is embedded or quoted.
        attributes: Attributes of the section it comes from.
    """

    text: str
    context: str
    attributes: Attributes = field(default_factory=dict)

    @property
    def passage(self) -> str:
        """The text below its context, for the embedder and for the index of words."""
        return passage_of(self.context, self.text)


class Chunker:
    """A cutter of documents by one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._splitter = cache(self._make_splitter)
        vocabulary = json.dumps(tokenizer.get_vocab(), sort_keys=True).encode()
        self.digest = hashlib.sha256(b"%d %s" % (_VERSION, vocabulary)).hexdigest()

    def chunks(self, document: Document, most_tokens: int = MOST_TOKENS) -> list[Chunk]:
        """Return the chunks of a document: every character of it, in the order of the text.

        Args:
            document: what is cut.
            most_tokens: tokens of a chunk with its context, 100 to 220.
        """
        return [
            chunk
            for section in document.sections
            for chunk in self._pieces(document.title, section, most_tokens)
        ]

    def count(self, text: str) -> int:
        """Return the number of tokens of a text, without the marks of its ends."""
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def _pieces(self, title: str, section: Section, most_tokens: int) -> Iterator[Chunk]:
        headings = (title, *section.headings)
        context = self._context(SEPARATOR.join(headings))
        room = most_tokens - self.count(context)
        # A splitter would leave a heading alone, to be found for its words, and say nothing.
        start = lead(section.text, headings)
        start = start if self.count(start) <= room // 2 else ""
        below = section.text.removeprefix(start)
        room = (room - self.count(start)) // _STEP * _STEP
        first, *others = self._splitter(room).chunks(below) or [""]
        for text in (start + first, *others):
            for place in range(0, len(text), _MOST_CHARACTERS):
                piece = text[place : place + _MOST_CHARACTERS]
                yield Chunk(piece, context, section.attributes)

    def _context(self, text: str) -> str:
        """Return a context of at most 40 tokens: the end of a long one says more than its start."""
        text = " ".join(text.split())
        offsets = self.tokenizer.encode(text, add_special_tokens=False).offsets
        if len(offsets) > _MOST_CONTEXT_TOKENS:
            text = text[offsets[-_MOST_CONTEXT_TOKENS][0] :]
        return text[-_MOST_CHARACTERS:]

    def _make_splitter(self, most_tokens: int) -> MarkdownSplitter:
        return MarkdownSplitter.from_huggingface_tokenizer(self.tokenizer, most_tokens, trim=False)
