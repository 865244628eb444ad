"""The loss of attention: how far heads look from where a lesson says that they should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch.nn.functional import cosine_similarity, cross_entropy

from model_artifacts.training.reading.looks import BACK, MARKING, SKILLS, EncodedLesson, Look
from model_artifacts.training.reading.state import MARK

_LEAST = 1e-6
"""Attention below this counts as this, so that no single look outweighs the rest."""


_CERTAINTY = 10.0
"""The logit of a mark that is the same."""


class LookBatch(NamedTuple):
    """The looks of one skill in a batch.

    Attributes:
        rows: The row of each.
        queries: The position that looks.
        targets: For each, 1 at the positions that are right.
    """

    rows: torch.Tensor
    queries: torch.Tensor
    targets: torch.Tensor


def look_batches(lessons: Sequence[EncodedLesson], length: int) -> dict[str, LookBatch]:
    """Return the looks of a batch of lessons, each of at most `length` tokens, by skill."""
    found: dict[str, list[tuple[int, Look]]] = {}
    for row, lesson in enumerate(lessons):
        for look in lesson.looks:
            found.setdefault(look.skill, []).append((row, look))
    return {skill: _look_batch(looks, length) for skill, looks in found.items()}


class MarkBatch(NamedTuple):
    """The marks of one skill in a batch.

    Attributes:
        rows: The row of each.
        positions: The position that has it.
        firsts: For each, the first tokens of all sentences, filled up with the first of them.
        known: For each of those, whether it is one.
        right: The one among them whose mark it is to be.
    """

    rows: torch.Tensor
    positions: torch.Tensor
    firsts: torch.Tensor
    known: torch.Tensor
    right: torch.Tensor


def mark_batches(lessons: Sequence[EncodedLesson]) -> dict[str, MarkBatch]:
    """Return the marks of a batch of lessons, by skill."""
    found: dict[str, list[tuple[int, int, list[int], int]]] = {}
    for row, lesson in enumerate(lessons):
        firsts = sorted({look.targets[0] for look in lesson.looks if look.skill == "sentence"})
        for mark in lesson.marks if len(firsts) > 1 else ():
            right = firsts.index(mark.targets[0])
            found.setdefault(mark.skill, []).append((row, mark.query, firsts, right))
    return {skill: _mark_batch(marks) for skill, marks in found.items()}


def _mark_batch(marks: Sequence[tuple[int, int, list[int], int]]) -> MarkBatch:
    most = max(len(firsts) for _, _, firsts, _ in marks)
    return MarkBatch(
        torch.tensor([row for row, _, _, _ in marks]),
        torch.tensor([position for _, position, _, _ in marks]),
        torch.tensor([firsts + firsts[:1] * (most - len(firsts)) for _, _, firsts, _ in marks]),
        torch.tensor([[n < len(firsts) for n in range(most)] for _, _, firsts, _ in marks]),
        torch.tensor([right for _, _, _, right in marks]),
    )


def mark_losses(
    states: Sequence[torch.Tensor], marks: dict[str, MarkBatch]
) -> dict[str, torch.Tensor]:
    """Return, by skill, how badly a mark is told from those of the other sentences.

    Args:
        states: What goes into each layer and out of the last, rows by positions by numbers.
        marks: What is taught.
    """
    own = states[SKILLS["sentence"].layer + 1][..., MARK]
    losses = {}
    for skill, (rows, positions, firsts, known, right) in marks.items():
        mark = states[SKILLS[skill].layer + 1][rows, positions][:, None, MARKING[skill]]
        alike = cosine_similarity(mark, own[rows[:, None], firsts], dim=-1) * _CERTAINTY
        losses[f"mark of {skill}"] = cross_entropy(alike.where(known, -torch.inf), right)
    return losses


def _look_batch(looks: Sequence[tuple[int, Look]], length: int) -> LookBatch:
    targets = torch.zeros(len(looks), length)
    for number, (_, look) in enumerate(looks):
        targets[number, list(look.targets)] = 1.0
    rows = torch.tensor([row for row, _ in looks])
    return LookBatch(rows, torch.tensor([look.query for _, look in looks]), targets)


def attention_losses(
    attentions: Sequence[torch.Tensor], looks: dict[str, LookBatch]
) -> dict[str, torch.Tensor]:
    """Return, by skill, the mean of minus the logarithm of the attention that looks right.

    Args:
        attentions: Of each layer, rows by heads by queries by keys.
        looks: What is taught.
    """
    back = attentions[BACK.layer][:, list(BACK.heads)]
    losses = {"back": _loss(back.diagonal(offset=-1, dim1=-2, dim2=-1))}
    for name, look in looks.items():
        layer, heads = SKILLS[name]
        seen = attentions[layer][look.rows, :, look.queries][:, list(heads)]
        losses[name] = _loss((seen * look.targets[:, None]).sum(-1))
    return losses


def _loss(attention: torch.Tensor) -> torch.Tensor:
    return -attention.clamp_min(_LEAST).log().mean()
