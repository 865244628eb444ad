"""Chunks: pieces of a section, by paragraphs, with the title and the headings in front.

MiniLM reads 256 tokens; a chunk has at most 220 with what stands in front, so that none is cut.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from semantic_text_splitter import MarkdownSplitter
from tokenizers import Tokenizer

from features.chunking.passage import SEPARATOR, lead, passage_of
from features.documents.attributes import Attributes
from features.documents.document import Document, Section
from features.errors import DocumentError

MOST_TOKENS = 220
FEWEST_TOKENS = 100
_MOST_CONTEXT_TOKENS = 40
_STEP = 20
"""Capacities are multiples of this: a splitter copies the tokenizer, and few are made."""

_MOST_CHARACTERS = 2000
"""Of a chunk: a word of more than 100 characters is one token to BERT, however long it is."""

MOST_CHUNKS = 10_000
"""Chunks of one document."""

_RUN = re.compile(r"\S+")
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

        Raises:
            DocumentError: There are more than 10,000.
        """
        chunks: list[Chunk] = []
        for section in document.sections:
            chunks += self._pieces(document.title, section, most_tokens)
            if len(chunks) > MOST_CHUNKS:
                reason = f"limit: more than {MOST_CHUNKS} chunks, of which each line is one"
                raise DocumentError("invalid_file", reason)
        return chunks

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
        splitter = self._splitter(room)
        split = (chunk for part in _breakable(below) for chunk in splitter.chunks(part))
        first, *others = [*split] or [""]
        for text in (start + first, *others):
            for place in range(0, len(text), _MOST_CHARACTERS):
                piece = text[place : place + _MOST_CHARACTERS]
                yield Chunk(piece, context, section.attributes)

    def _context(self, text: str) -> str:
        """Return a context of at most 40 tokens: the end of a long one says more than its start."""
        text = " ".join(text.split())[-_MOST_CHARACTERS:]
        offsets = self.tokenizer.encode(text, add_special_tokens=False).offsets
        if len(offsets) > _MOST_CONTEXT_TOKENS:
            text = text[offsets[-_MOST_CONTEXT_TOKENS][0] :]
        return text

    def _make_splitter(self, most_tokens: int) -> MarkdownSplitter:
        return MarkdownSplitter.from_huggingface_tokenizer(self.tokenizer, most_tokens, trim=False)


def _breakable(text: str) -> Iterator[str]:
    """Yield a text in parts, cut where a run without a blank is longer than a chunk may be.

    A splitter takes time by the square of such a run.
    """
    start = 0
    for run in _RUN.finditer(text):
        for end in range(run.start() + _MOST_CHARACTERS, run.end(), _MOST_CHARACTERS):
            yield text[start:end]
            start = end
    yield text[start:]
