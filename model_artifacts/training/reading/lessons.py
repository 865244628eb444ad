"""Lessons in reading: documents, a question about one sentence, and the sentence as the answer."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from model_artifacts.training.conversations import Message
from model_artifacts.training.quoting import Block, quote, system_message
from model_artifacts.training.reading.facts import Fact, FactWriter, capitalized

_MARKED = re.compile(r"<([^<>]*)>")
_ENDINGS = (".md", ".txt", ".html", ".pdf", ".docx")


@dataclass(frozen=True)
class Span:
    """A part of a message.

    Attributes:
        message: The message's place in its chat.
        start, end: Characters of its content, the end not included.
    """

    message: int
    start: int
    end: int


@dataclass(frozen=True)
class Lesson:
    """A chat whose last message, the answer, has parts that stand somewhere before.

    Attributes:
        chat: The messages, the answer last.
        copies: A part of the prompt, and the part of the answer that is the same text.
        asked: The question's words that the answering sentence has too.
        answering: The sentence that answers.
        sentences: Every sentence of the documents.
        blocks: The number of every document, and the document.
    """

    chat: tuple[Message, ...]
    copies: tuple[tuple[Span, Span], ...] = ()
    asked: tuple[Span, ...] = ()
    answering: Span | None = None
    sentences: tuple[Span, ...] = ()
    blocks: tuple[tuple[Span, Span], ...] = ()


class DocumentTeacher:
    """An endless source of lessons about documents.

    Args:
        draw: The source of chance.
        writer: Where words and sentences come from.
    """

    def __init__(self, draw: random.Random, writer: FactWriter) -> None:
        self._draw = draw
        self._writer = writer

    def lesson(self, most_blocks: int, *, instructed: bool) -> Lesson:
        """Return a question about documents.

        Args:
            most_blocks: Most documents in the prompt.
            instructed: Whether the words of the service stand before them.
        """
        facts = [self._facts() for _ in range(self._draw.randint(1, most_blocks))]
        number = self._draw.randrange(len(facts))
        place = self._draw.randrange(len(facts[number]))
        blocks = [self._block(of_block) for of_block in facts]
        question = facts[number][place].question
        return quoting_lesson(blocks, number, place, question, instructed=instructed)

    def blocks(self, most: int) -> list[Block]:
        """Return one to `most` documents."""
        return [self._block(self._facts()) for _ in range(self._draw.randint(1, most))]

    def _facts(self) -> list[Fact]:
        return [self._writer.fact() for _ in range(self._draw.choice((1, 2, 2, 3, 3, 4, 6)))]

    def _block(self, facts: Sequence[Fact]) -> Block:
        heading = " ".join(self._writer.word() for _ in range(self._draw.choice((1, 1, 2, 3))))
        return Block(
            self._writer.word() + self._draw.choice(_ENDINGS),
            capitalized(heading),
            tuple(fact.sentence for fact in facts),
        )


def quoting_lesson(
    blocks: Sequence[Block], number: int, place: int, marked: str, *, instructed: bool = True
) -> Lesson:
    """Return the lesson in which a question is answered with a sentence of a document.

    Args:
        blocks: The documents.
        number: Which of them answers, from 0.
        place: Which of its sentences answers, from 0.
        marked: The question, with words of the sentence in angle brackets.
        instructed: Whether the words of the service stand before the documents.
    """
    system = system_message(blocks)
    if not instructed:
        system = system[system.index("\n\n[1]") + 2 :]
    question, asked = unmarked(marked, message=1)
    answer = quote(blocks[number], number + 1, place)
    said = len(blocks[number].sentences[place])
    sentences, numbers = _spans(system, blocks)
    return Lesson(
        (Message("system", system), Message("user", question), Message("assistant", answer)),
        copies=(
            (sentences[number][place], Span(2, 0, said)),
            (numbers[number][0], Span(2, said + len(" ["), len(answer) - len("]"))),
        ),
        asked=asked,
        answering=sentences[number][place],
        sentences=tuple(span for of_block in sentences for span in of_block),
        blocks=tuple(numbers),
    )


def _spans(
    system: str, blocks: Sequence[Block]
) -> tuple[list[list[Span]], list[tuple[Span, Span]]]:
    """Return where the sentences of each block stand, and its number and the block itself."""
    sentences: list[list[Span]] = []
    numbers: list[tuple[Span, Span]] = []
    at = 0
    for count, block in enumerate(blocks, 1):
        start = system.index(f"[{count}] {block.file}\n<document>", at)
        at = system.index(f"\n{block.heading}\n", start) + len(block.heading) + 2
        of_block = []
        for sentence in block.sentences:
            of_block.append(Span(0, at, at + len(sentence)))
            at += len(sentence) + len(" ")
        number = Span(0, start + 1, start + 1 + len(str(count)))
        numbers.append((number, Span(0, start, at)))
        sentences.append(of_block)
    return sentences, numbers


def unmarked(marked: str, message: int) -> tuple[str, tuple[Span, ...]]:
    """Return a text without angle brackets, and where the words stood that were in them."""
    text, spans, last = "", [], 0
    for found in _MARKED.finditer(marked):
        text += marked[last : found.start()]
        spans.append(Span(message, len(text), len(text) + len(found[1])))
        text += found[1]
        last = found.end()
    return text + marked[last:], tuple(spans)
