"""The optimizer: how fast each kind of weights learns, and when."""

from __future__ import annotations

import torch
from transformers import LlamaForCausalLM

from model_artifacts.training.recipe import Round

_WARM_UP = 100
_EASING = 300
"""Steps in which the feed-forward layers come to their full rate."""

_SLOW = 0.3
"""Share of that rate in the steps of lessons alone."""


def new_optimizer(model: LlamaForCausalLM, part: Round) -> torch.optim.Optimizer:
    """Return the optimizer of a model, with a rate for each kind of weights."""
    groups: dict[str, list[torch.nn.Parameter]] = {"sure": [], "know": [], "name": [], "look": []}
    for name, weights in model.named_parameters():
        if name == "model.norm.weight":
            groups["sure"].append(weights)
        elif ".mlp." in name:
            groups["know"].append(weights)
        else:
            groups["name" if "embed_tokens" in name else "look"].append(weights)
    rates = {
        "sure": 5 * part.learning_rate,
        "know": part.knowing_rate,
        "name": part.naming_rate,
        "look": part.learning_rate,
    }
    return torch.optim.AdamW(
        [
            {"params": groups[name], "lr": rate, "weight_decay": 0.0 if name == "sure" else 0.05}
            for name, rate in rates.items()
        ],
        betas=(0.9, 0.95),
    )


def new_schedule(
    optimizer: torch.optim.Optimizer, part: Round
) -> torch.optim.lr_scheduler.LRScheduler:
    """Return the schedule of an optimizer that `new_optimizer` made."""

    def knowing(step: int) -> float:
        eased = (step - part.drills - part.reading_steps) / _EASING
        return _warmth(step, part) * (_SLOW + (1 - _SLOW) * min(max(eased, 0.0), 1.0))

    def looking(step: int) -> float:
        return _warmth(step, part)

    return torch.optim.lr_scheduler.LambdaLR(optimizer, [looking, knowing, looking, looking])


def _warmth(step: int, part: Round) -> float:
    """Return the share of the learning rate: a short warm-up, then all of it, then ever less."""
    left = (part.planned - step) / (part.planned * part.cooling)
    return min(1.0, (step + 1) / _WARM_UP, left)
