"""An optimizer with its schedule and a log of the losses, for every part of the training."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import torch

from model_artifacts.training.recipe import Steps

logger = logging.getLogger(__name__)

_LOGGED_EVERY = 100


class Group(NamedTuple):
    """Weights that learn at one rate.

    Attributes:
        weights: The weights.
        share: Their share of the learning rate.
    """

    weights: Iterable[torch.Tensor]
    share: float = 1.0


class Optimizer:
    """AdamW with a short linear warm-up and a cosine, and a log of the losses.

    Args:
        groups: What is trained.
        steps: How many steps, and how fast.
        weight_decay: That of AdamW.
    """

    def __init__(self, groups: Sequence[Group], steps: Steps, weight_decay: float) -> None:
        kept = [([*group.weights], steps.learning_rate * group.share) for group in groups]
        self._weights = [each for weights, _ in kept for each in weights]
        rated = [{"params": weights, "lr": rate} for weights, rate in kept]
        self._adam = torch.optim.AdamW(rated, betas=(0.9, 0.95), weight_decay=weight_decay)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._adam, lambda step: _warmth(step, steps)
        )
        self._started = time.process_time()
        self._done = 0
        self._seen: dict[str, list[float]] = {}
        self.means: dict[str, float] = {}

    def step(self, losses: Mapping[str, torch.Tensor]) -> None:
        """Go one step along the gradients that were added, and note the losses by name."""
        torch.nn.utils.clip_grad_norm_(self._weights, 1.0)
        self._adam.step()
        self._adam.zero_grad()
        self._schedule.step()
        self._done += 1
        for name, loss in losses.items():
            self._seen.setdefault(name, []).append(loss.item())
        if self._done % _LOGGED_EVERY == 0:
            self.means = {name: round(fmean(seen), 4) for name, seen in self._seen.items()}
            spent = time.process_time() - self._started
            logger.info("step %d, %.0f s: %s", self._done, spent, self.means)
            self._seen = {}


def _warmth(step: int, steps: Steps) -> float:
    """Return the share of the peak learning rate."""
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps.count))
    return min(1.0, (step + 1) / steps.warm_up) * (steps.floor + (1 - steps.floor) * cosine)
