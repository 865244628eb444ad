"""The training of the reading stream: first alone, then beside the stream that recites."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy

from model_artifacts.training.batches import Batch, glossary_batches, learned
from model_artifacts.training.corpus import Corpus
from model_artifacts.training.optimizing import Group, Optimizer
from model_artifacts.training.reading.batches import ReadingBatch, ReadingBatches
from model_artifacts.training.reading.losses import attention_losses, mark_losses
from model_artifacts.training.reading.stream import ReadingStream, Scales
from model_artifacts.training.recipe import ReadingSteps

_TOKENS = 1200
_DRILL_EVERY = 8
_SILENT_EVERY = 4
_SILENT_ROWS = 6
_SILENCE = 0.1
"""Weight of the square by which the stream's scores differ where it has nothing to read."""

_LOOKS = (0.15, 0.5)
"""Weight of the losses of looks; the second while they are watched."""

_NAMES_SHARE = 0.2
"""Share of the learning rate of the names, on which all that is laid out depends."""

_UNEVEN = (0.0, *[0.15] * 11, 0.2)
"""Spread, in the logarithm, of the scales in a practice alone. The first
is known for each token, and will be written into its name."""


class Company(NamedTuple):
    """The other stream, as the reading stream meets it.

    Attributes:
        scales: What its states are multiplied by.
        scores: The other stream's scores of the vocabulary, for a mask of positions.
    """

    scales: Scales
    scores: Callable[[torch.Tensor], torch.Tensor]


Beside = Callable[[torch.Tensor], Company]
"""The company, for rows of tokens."""


def nobody(tokens: torch.Tensor) -> Company:
    """Return the company of a stream alone: random scales, and no scores."""

    def scales(norm: int) -> torch.Tensor:
        return (torch.randn(*tokens.shape, 1) * _UNEVEN[norm]).exp()

    return Company(scales, lambda _: torch.zeros(()))


class Practice:
    """The training of a reading stream.

    Args:
        stream: What is trained.
        corpus: What the other stream knows, where this one is to be silent.
        tokenizer: The tokenizer of both.
        seed: Seeds the order of the examples.
        context: Longest chat in tokens.
    """

    def __init__(
        self, stream: ReadingStream, corpus: Corpus, tokenizer: Tokenizer, seed: int, context: int
    ) -> None:
        self._stream = stream
        self._reading = ReadingBatches(corpus, tokenizer, seed, tokens=_TOKENS)
        self._talk = glossary_batches(corpus, tokenizer, seed + 1, context)

    def train(self, beside: Beside, steps: ReadingSteps) -> Optimizer:
        """Train the stream, and return the optimizer, which knows the last losses."""
        names = [self._stream.names]
        others = [w for name, w in self._stream.named_parameters() if name != "names"]
        optimizer = Optimizer([Group(names, _NAMES_SHARE), Group(others)], steps, 0.0)
        for step in range(steps.count):
            done = step / steps.count
            drilled = done < steps.drilled and step % _DRILL_EVERY == _DRILL_EVERY - 1
            lesson = self._reading.drill() if drilled else self._reading.lessons(done < steps.short)
            words, looks = self._read(lesson, beside)
            total = words + _LOOKS[done < steps.watched] * torch.stack([*looks.values()]).sum()
            losses = {"words": words, **looks}
            if drilled:
                losses = {f"{name} in drills": loss for name, loss in losses.items()}
            if step % _SILENT_EVERY == 0:
                losses |= self._be_silent(next(self._talk), beside)
                total = total + steps.known * losses["known"] + _SILENCE * losses["loud"]
            total.backward()
            optimizer.step(losses)
        return optimizer

    def _read(
        self, lesson: ReadingBatch, beside: Beside
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the losses of a batch of lessons, of words and of looks."""
        tokens, labels = lesson.words
        company = beside(tokens)
        output = self._stream(tokens, company.scales)
        where, following = learned(labels)
        scores = self._stream.scores(output.last[where]) + company.scores(where)
        looks = attention_losses(output.attentions, lesson.looks)
        looks |= mark_losses(output.states, lesson.marks)
        return cross_entropy(scores, following), looks

    def _be_silent(self, talk: Batch, beside: Beside) -> dict[str, torch.Tensor]:
        """Return the losses in chats that have nothing to read: of words, and of being heard."""
        tokens, labels = (rows[:_SILENT_ROWS] for rows in talk)
        company = beside(tokens)
        where, following = learned(labels)
        scores = self._stream.scores(self._stream(tokens, company.scales).last[where])
        known = cross_entropy(scores + company.scores(where), following)
        return {"known": known, "loud": scores.var(-1).mean()}
