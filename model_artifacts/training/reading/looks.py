"""The looks that a lesson teaches, besides words: from which token attention should go where.

Copying does not come by itself to a model of this size in the minutes that it is trained. But
lessons are made up, so that for each token it is known where that which it needs stands.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tokenizers import Tokenizer

from model_artifacts.training.chatml import encode_message
from model_artifacts.training.reading.lessons import Lesson, Span
from model_artifacts.training.reading.state import ASKED, MARK


class Skill(NamedTuple):
    """A kind of look, and the heads that are taught it.

    Attributes:
        layer: The layer, from 0.
        heads: The heads, from 0.
    """

    layer: int
    heads: tuple[int, ...]


BACK = Skill(0, (0,))
"""The look at the token before. It is laid out, and taught so that it stays."""

SKILLS = {
    "sentence": Skill(1, (0,)),
    "number": Skill(1, (1,)),
    "match": Skill(2, (0, 1)),
    "question": Skill(3, (0, 1)),
    "copy": Skill(4, (0, 1)),
    "start": Skill(5, (0,)),
    "part": Skill(5, (0,)),
    "source": Skill(5, (1,)),
}
"""The looks by name. A document's token looks at the first of the sentence, and at the number of
the document. A question's token looks at the same token in the sentence that answers, an answer's
at those of the question and, last, at the token to say next. To start with a sentence is another
skill than to go on with it, and so is to start with a part that is no sentence, as a name; in front
of a document's number the answer looks at its source, the sentence, which knows the number."""

MARKING = {"sentence": MARK, "match": ASKED, "question": ASKED}
"""The skills that hand a sentence's mark on, and where in a state; `circuits` tells how."""


class Look(NamedTuple):
    """A position, and the positions to look at from there.

    Attributes:
        skill: A name among `SKILLS`.
        query: The token's position.
        targets: Positions, of which it should look at any.
    """

    skill: str
    query: int
    targets: tuple[int, ...]


@dataclass(frozen=True)
class EncodedLesson:
    """A lesson as tokens.

    Attributes:
        tokens: The tokens.
        learned: For each, whether the model is to learn it.
        looks: What is taught about attention.
        marks: For a marking skill and a position, the first token of the sentence whose mark it
            is to have.
    """

    tokens: list[int]
    learned: list[bool]
    looks: tuple[Look, ...]
    marks: tuple[Look, ...] = ()


_Within = Callable[[Span], list[int]]


def encode_lesson(tokenizer: Tokenizer, lesson: Lesson) -> EncodedLesson:
    """Return the tokens of a lesson, with the learned ones and the looks."""
    tokens: list[int] = []
    learned: list[bool] = []
    places: list[list[tuple[int, int, int]]] = []
    for number, message in enumerate(lesson.chat):
        head, body, tail = encode_message(tokenizer, message)
        first = len(tokens) + len(head)
        places.append([(first + n, *where) for n, where in enumerate(body.offsets)])
        tokens += head + body.ids + tail
        answers = number == len(lesson.chat) - 1
        learned += [False] * len(head) + [answers] * len(body.ids) + [False] * len(tail)

    def within(span: Span) -> list[int]:
        return [
            position
            for position, start, end in places[span.message]
            if span.start <= start < end <= span.end
        ]

    looks = (*_document_looks(lesson, within), *_answer_looks(lesson, tokens, within))
    return EncodedLesson(tokens, learned, looks, tuple(_marks(looks)))


def drill(draw: random.Random, vocabulary_size: int) -> EncodedLesson:
    """Return runs of random tokens, and the same again in another order: the shortest lesson."""
    runs = [
        [draw.randrange(3, vocabulary_size) for _ in range(draw.randint(6, 14))]
        for _ in range(draw.randint(2, 4))
    ]
    tokens = [1]
    starts = []
    for run in runs:
        starts.append(len(tokens))
        tokens += run
    learned = [False] * len(tokens)
    looks = []
    for again in draw.sample(range(len(runs)), len(runs)):
        for place, token in enumerate(runs[again]):
            if place:  # nothing tells which run comes next
                looks.append(Look("copy", len(tokens) - 1, (starts[again] + place,)))
            learned.append(place > 0)
            tokens.append(token)
    return EncodedLesson(tokens, learned, tuple(looks))


def _marks(looks: Sequence[Look]) -> Iterator[Look]:
    firsts = [look.targets for look in looks if look.skill == "start"]
    for look in looks:
        if look.skill == "sentence":
            yield look
        elif look.skill in MARKING and firsts:
            yield Look(look.skill, look.query, firsts[0])


def _document_looks(lesson: Lesson, within: _Within) -> Iterator[Look]:
    for sentence in lesson.sentences:
        inside = within(sentence)
        yield from (Look("sentence", position, (inside[0],)) for position in inside)
    for number, block in lesson.blocks:
        targets = tuple(within(number))
        yield from (
            Look("number", position, targets)
            for position in within(block)
            if position > targets[-1]
        )


def _answer_looks(lesson: Lesson, tokens: Sequence[int], within: _Within) -> Iterator[Look]:
    answering = within(lesson.answering) if lesson.answering else []
    found = []
    for position in (position for span in lesson.asked for position in within(span)):
        same = tuple(other for other in answering if tokens[other] == tokens[position])
        if same:
            found.append(position)
            yield Look("match", position, same)
    copied = [(within(source), within(copy)) for source, copy in lesson.copies]
    if found and copied:
        opening, end = copied[0][1][0] - 1, copied[-1][1][-1]
        yield from (Look("question", position, tuple(found)) for position in range(opening, end))
    for there, here in copied:
        starts = "start" if there[:1] == answering[:1] else "part"
        # Equal text may be other tokens where it stands after a space or a bracket.
        if [tokens[position] for position in there] == [tokens[position] for position in here]:
            skills = (starts, *["copy"] * (len(there) - 1))
            for skill, source, copy in zip(skills, there, here, strict=True):
                yield Look(skill, copy - 1, (source,))
            if starts == "part" and lesson.blocks and answering:
                yield Look("source", here[0] - 1, tuple(answering))
