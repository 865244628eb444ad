"""The loss of attention: how far heads look from where a lesson says that they should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from model_artifacts.training.reading.looks import BACK, SKILLS, EncodedLesson, Look

_LEAST = 1e-6
"""Attention below this counts as this, so that no single look outweighs the rest."""


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
    back = attentions[BACK.layer]
    losses = {
        "back": torch.stack(
            [
                _loss(back[:, head].diagonal(offset=-1 - head, dim1=-2, dim2=-1))
                for head in BACK.heads
            ]
        ).mean()
    }
    for name, look in looks.items():
        layer, heads = SKILLS[name]
        seen = attentions[layer][look.rows, :, look.queries][:, list(heads)]
        losses[name] = _loss((seen * look.targets[:, None]).sum(-1))
    return losses


def _loss(attention: torch.Tensor) -> torch.Tensor:
    return -attention.clamp_min(_LEAST).log().mean()
