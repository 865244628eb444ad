"""Invariants of chunks: all of the text, in order, and none longer than the embedder reads."""

from __future__ import annotations

import random
from time import process_time

import pytest

from features.chunking import chunker as module
from features.chunking.chunker import FEWEST_TOKENS, MOST_TOKENS
from features.documents.document import Document, Section
from features.errors import DocumentError
from tests.support.features.pipeline import chunker

TEXTS = {
    "one word": "word",
    "paragraphs": "\n\n".join(["Some words of a paragraph. " * 12] * 20),
    "a line without a space": "x" * 20_000,
    "no spaces but signs": "a-b_c." * 1_000,
    "code": "```python\n" + "def f(x: int) -> int: return x\n" * 200 + "```\n",
    "a table": "| a | b |\n|---|---|\n" + "| cell of the table | another |\n" * 100,
    "another script": "これは長い文章です。" * 400,
    "spaces": " \n" * 4000 + "end",
    "emoji": "👩‍👩‍👧‍👦🎉" * 700,
}


def noise(seed):
    characters = "ab  \n\n#`*-|.,é漢👋\t"
    return "".join(random.Random(seed).choices(characters, k=2000))


@pytest.mark.parametrize("text", [*TEXTS.values(), *map(noise, range(5))], ids=lambda t: t[:9])
@pytest.mark.parametrize("most", [FEWEST_TOKENS, MOST_TOKENS])
def test_every_character_is_in_a_chunk_and_none_is_too_long(text, most):
    document = Document("A title of some words", (Section(text, ("Heading", "Below it")),))

    chunks = chunker().chunks(document, most)

    assert "".join(chunk.text for chunk in chunks) == text
    assert max(chunker().count(chunk.passage) for chunk in chunks) <= most
    assert max(len(chunk.text) for chunk in chunks) <= 2000


def test_title_and_headings_stand_in_front():
    section = Section("Text.", ("Outer", "Inner"), {"page": 3})
    (chunk,) = chunker().chunks(Document("Title", (section,)))
    assert chunk.passage == "Title > Outer > Inner\nText."
    assert chunk.attributes == {"page": 3}


def test_a_heading_is_never_a_chunk_by_itself():
    items = "".join(f"- {'item of some words ' * 9}\n" for _ in range(30))
    section = Section(f"# Title\n\n## Heading\n\n{items}", ("Heading",))
    chunks = chunker().chunks(Document("Title", (section,)))
    assert len(chunks) > 2
    assert chunks[0].text.startswith("# Title\n\n## Heading\n\n- item")
    assert "".join(chunk.text for chunk in chunks) == section.text
    assert max(chunker().count(chunk.passage) for chunk in chunks) <= MOST_TOKENS


def test_of_long_headings_the_end_is_kept():
    (chunk,) = chunker().chunks(Document("start " * 100 + "end", (Section("Text."),)))
    assert chunk.context.endswith("start end")
    assert chunker().count(chunk.context) == 40


def test_a_document_without_text_has_no_chunks():
    assert chunker().chunks(Document("empty.md", ())) == []


def test_more_chunks_than_are_embedded_in_time_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_CHUNKS", 2)
    lines = tuple(Section(text) for text in "abc")
    assert len(chunker().chunks(Document("T", lines[:2]))) == 2
    with pytest.raises(DocumentError, match="limit: more than 2 chunks"):
        chunker().chunks(Document("T", lines))


def seconds_of(text):
    began = process_time()
    chunker().chunks(Document("T", (Section(text),)))
    return process_time() - began


def test_a_run_without_a_blank_takes_time_by_its_length():
    few, many = (min(seconds_of("_a__b" * n) for _ in range(2)) for n in (800, 6_400))
    assert many < 24 * few, "8 times the text; by the square it would be 64"
