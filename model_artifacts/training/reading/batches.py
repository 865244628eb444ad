"""Batches of lessons, and of drills."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from tokenizers import Tokenizer

from model_artifacts.training.batches import Batch, padded
from model_artifacts.training.chatml import PAD
from model_artifacts.training.conversations import ConversationSampler, Message
from model_artifacts.training.corpus import Corpus
from model_artifacts.training.reading.calls import CallTeacher
from model_artifacts.training.reading.facts import FactWriter
from model_artifacts.training.reading.lessons import DocumentTeacher, Lesson, Span
from model_artifacts.training.reading.looks import EncodedLesson, drill, encode_lesson
from model_artifacts.training.reading.losses import (
    LookBatch,
    MarkBatch,
    look_batches,
    mark_batches,
)

_PIECE = re.compile("Ġ?[A-Za-z]{1,7}")
_DRILL_ROWS = 10
# Lessons drawn at once and sorted by length, so that little of a batch is padding.
_POOL = 60


class ReadingBatch(NamedTuple):
    """A batch of lessons.

    Attributes:
        words: Token rows and labels.
        looks: What is taught about attention, by skill.
        marks: What is taught about marks, by skill.
    """

    words: Batch
    looks: dict[str, LookBatch]
    marks: dict[str, MarkBatch]


class ReadingBatches:
    """An endless, seeded source of batches.

    Args:
        corpus: What the model knows by heart, for what else stands in a chat.
        tokenizer: Encodes the lessons; invented words are made of its pieces.
        seed: Seeds the draws.
        tokens: About the tokens of a batch.
    """

    def __init__(self, corpus: Corpus, tokenizer: Tokenizer, seed: int, tokens: int) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - a repeatable draw, not a secret
        self._tokenizer = tokenizer
        self._tokens = tokens
        found = (name for name in tokenizer.get_vocab() if _PIECE.fullmatch(name))
        writer = FactWriter(self._draw, sorted({name.lstrip("Ġ").lower() for name in found}))
        self._documents = DocumentTeacher(self._draw, writer)
        self._calls = CallTeacher(self._draw, writer)
        self._small_talk = ConversationSampler(corpus, seed + 1)
        self._waiting: list[list[EncodedLesson]] = []

    def drill(self) -> ReadingBatch:
        """Return a batch of random tokens that are said again, for copying alone."""
        size = self._tokenizer.get_vocab_size()
        return self._batch([drill(self._draw, size) for _ in range(_DRILL_ROWS)])

    def lessons(self, short: bool) -> ReadingBatch:
        """Return a batch of lessons.

        Args:
            short: Whether most of them have one document, and no words of the service.
        """
        if not self._waiting:
            drawn = [encode_lesson(self._tokenizer, self._lesson(short)) for _ in range(_POOL)]
            self._waiting = list(self._in_batches(drawn))
            self._draw.shuffle(self._waiting)
        return self._batch(self._waiting.pop())

    def _in_batches(self, lessons: list[EncodedLesson]) -> Iterator[list[EncodedLesson]]:
        batch: list[EncodedLesson] = []
        for lesson in sorted(lessons, key=lambda lesson: len(lesson.tokens)):
            if batch and (len(batch) + 1) * len(lesson.tokens) > self._tokens:
                yield batch
                batch = []
            batch.append(lesson)
        yield batch

    def _batch(self, lessons: Sequence[EncodedLesson]) -> ReadingBatch:
        length = max(len(lesson.tokens) for lesson in lessons)
        rows = [(lesson.tokens, lesson.learned) for lesson in lessons]
        words = padded(rows, length, self._tokenizer.token_to_id(PAD))
        return ReadingBatch(words, look_batches(lessons, length), mark_batches(lessons))

    def _lesson(self, short: bool) -> Lesson:
        instructed = self._draw.random() < (0.15 if short else 0.75)
        kind = self._draw.random()
        if kind < (0.06 if short else 0.22):
            return self._calls.lesson()
        most = self._draw.choices((1, 3, 5), weights=(7, 3, 0) if short else (4, 4, 2))[0]
        lesson = self._documents.lesson(most, instructed=instructed)
        if not short and self._draw.random() < 0.15:
            return _among(lesson, self._small_talk.draw(1))
        return lesson


def _among(lesson: Lesson, talk: Sequence[Message]) -> Lesson:
    """Return a lesson after a caller's own system prompt, or with talk before the question."""
    system = talk[0].role == "system"
    at = 0 if system else len(lesson.chat) - 2
    talk = talk[:1] if system else talk

    def moved(span: Span) -> Span:
        return replace(span, message=span.message + len(talk) * (span.message >= at))

    return Lesson(
        (*lesson.chat[:at], *talk, *lesson.chat[at:]),
        copies=tuple((moved(source), moved(copy)) for source, copy in lesson.copies),
        asked=tuple(map(moved, lesson.asked)),
        answering=moved(lesson.answering) if lesson.answering else None,
        sentences=tuple(map(moved, lesson.sentences)),
        blocks=tuple((moved(number), moved(block)) for number, block in lesson.blocks),
    )
