"""Where each token of a lesson should look: what its attention is taught, besides its words.

Copying does not come by itself to a model of this size in the minutes that it is trained. But a
lesson is made by us, so that for each token it is known where that which it needs stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from tokenizers import Tokenizer

from model_artifacts.training.chatml import END, START
from model_artifacts.training.lessons import Lesson, Span


class Skill(NamedTuple):
    """A kind of look, and the heads that are taught it.

    Attributes:
        layer: The layer.
        heads: The heads.
    """

    layer: int
    heads: tuple[int, ...]


BACK = Skill(0, (0, 1, 2, 3))
"""Head 0 looks at the token before, head 1 at that before it, and so on."""

SKILLS = {
    "sentence": Skill(1, (0, 1)),
    "number": Skill(1, (2,)),
    "match": Skill(2, (0, 1, 2, 3)),
    "question": Skill(3, (0, 1, 2, 3)),
    "copy": Skill(4, (0, 1, 2, 3)),
}
"""A document's token looks at its sentence's first and at its document's number; a question's
token at the same one in the sentence that answers; an answer's token at those of the question; and,
last, at the token that has to follow."""


class Look(NamedTuple):
    """What a token should look at.

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
    """

    tokens: list[int]
    learned: list[bool]
    looks: tuple[Look, ...]


def encode_lesson(tokenizer: Tokenizer, lesson: Lesson) -> EncodedLesson:
    """Return a lesson's tokens, which of them are learned, and where they should look."""
    tokens: list[int] = []
    learned: list[bool] = []
    places: list[list[tuple[int, int, int]]] = []
    for number, message in enumerate(lesson.chat):
        tokens += tokenizer.encode(f"{START}{message.role}\n").ids
        body = tokenizer.encode(f"{message.content}{END}")
        places.append([(len(tokens) + n, *where) for n, where in enumerate(body.offsets)])
        learned += [False] * (len(tokens) - len(learned))
        tokens += body.ids
        learned += [number == len(lesson.chat) - 1] * len(body.ids)
        tokens += tokenizer.encode("\n").ids
        learned.append(False)
    looks = tuple(_looks(lesson, tokens, places))
    return EncodedLesson(tokens, learned, looks)


def _looks(
    lesson: Lesson, tokens: Sequence[int], places: Sequence[Sequence[tuple[int, int, int]]]
) -> Iterator[Look]:
    def within(span: Span) -> list[int]:
        return [
            position
            for position, start, end in places[span.message]
            if span.start <= start < end <= span.end
        ]

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
    yield from _answer_looks(lesson, tokens, within)


def _answer_looks(lesson, tokens, within) -> Iterator[Look]:
    asked = [position for span in lesson.asked for position in within(span)]
    answering = within(lesson.copies[0][0]) if lesson.copies else []
    found = []
    for position in asked:
        same = tuple(other for other in answering if tokens[other] == tokens[position])
        if same:
            found.append(position)
            yield Look("match", position, same)
    if found:
        last = lesson.copies[-1][1]
        first = within(lesson.copies[0][1])[0] - 1
        yield from (
            Look("question", position, tuple(found))
            for position in range(first, within(last)[-1] + 1)
        )
    for source, copy in lesson.copies:
        starts = {start: position for position, start, _ in _placed(source, within)}
        del starts
        for there, here in zip(within(source), within(copy), strict=True):
            yield Look("copy", here - 1, (there,))


def _placed(span, within):
    return []


class LookBatch(NamedTuple):
    """The looks of one skill in a batch.

    Attributes:
        rows, queries: Row and position of each.
        targets: For each, which positions are right.
    """

    rows: torch.Tensor
    queries: torch.Tensor
    targets: torch.Tensor


def look_batches(lessons: Sequence[EncodedLesson], length: int) -> dict[str, LookBatch]:
    """Return the looks of a batch of lessons, by skill."""
    found: dict[str, list[tuple[int, Look]]] = {}
    for row, lesson in enumerate(lessons):
        for look in lesson.looks:
            found.setdefault(look.skill, []).append((row, look))
    return {skill: _look_batch(looks, length) for skill, looks in found.items()}


def _look_batch(looks: Sequence[tuple[int, Look]], length: int) -> LookBatch:
    targets = torch.zeros(len(looks), length)
    for number, (_, look) in enumerate(looks):
        targets[number, list(look.targets)] = 1.0
    rows = torch.tensor([row for row, _ in looks])
    return LookBatch(rows, torch.tensor([look.query for _, look in looks]), targets)


def attention_losses(
    attentions: Sequence[torch.Tensor], looks: dict[str, LookBatch]
) -> dict[str, torch.Tensor]:
    """Return, by skill, the mean of minus the logarithm of the attention that looks where it should.

    Args:
        attentions: Of each layer, rows by heads by queries by keys.
        looks: What is taught.
    """
    back = attentions[BACK.layer]
    losses = {
        "back": torch.stack(
            [
                -back[:, head].diagonal(offset=-1 - head, dim1=-2, dim2=-1).clamp_min(1e-6).log().mean()
                for head in BACK.heads
            ]
        ).mean()
    }
    for name, look in looks.items():
        skill = SKILLS[name]
        rows = attentions[skill.layer][look.rows, :, look.queries][:, list(skill.heads)]
        right = (rows * look.targets[:, None]).sum(-1)
        losses[name] = -right.clamp_min(1e-6).log().mean()
    return losses
