"""The training of the stream that recites: it learns the glossary, and is silent elsewhere."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy

from model_artifacts.training.batches import Batch, glossary_batches, learned
from model_artifacts.training.chatml import PAD
from model_artifacts.training.corpus import Corpus
from model_artifacts.training.optimizing import Group, Optimizer
from model_artifacts.training.reading.batches import ReadingBatches
from model_artifacts.training.recipe import Recipe
from model_artifacts.training.reciting.stream import RecitingStream

_UNSURE_EVERY = 5
"""A batch of lessons in reading is beside each fifth step: there every next token shall be as
likely as any, since the reading stream's scores are added to these, and should decide alone."""

_UNSURE = 0.1
_LESSON_TOKENS = 700

_EVEN = 0.02
"""Weight of the loss that keeps states alike in size; each norm's variance counts."""

_REMEMBERED = 0.95


def train_reciting(
    stream: RecitingStream, corpus: Corpus, tokenizer: Tokenizer, recipe: Recipe
) -> Optimizer:
    """Train the stream on the glossary, and return the optimizer, which knows the last losses."""
    optimizer = Optimizer([Group(stream.model.parameters())], recipe.reciting, 0.05)
    talk = glossary_batches(corpus, tokenizer, recipe.seed, recipe.context)
    reading = ReadingBatches(corpus, tokenizer, recipe.seed, tokens=_LESSON_TOKENS)
    even = _Evenness(tokenizer.token_to_id(PAD))
    for step in range(recipe.reciting.count):
        batch = next(talk)
        scores, sizes = _scores(stream, batch)
        losses = {
            "known": cross_entropy(scores, learned(batch[1])[1]),
            "uneven": even.of_glossary(batch, sizes),
        }
        (losses["known"] + _EVEN * losses["uneven"]).backward()
        if step % _UNSURE_EVERY == 0:
            batch = reading.lessons(short=False).words
            scores, sizes = _scores(stream, batch)
            losses["sure"] = _sureness(scores)
            losses["uneven in lessons"] = even.of_lessons(batch, sizes)
            (_UNSURE * losses["sure"] + _EVEN * losses["uneven in lessons"]).backward()
        optimizer.step(losses)
    return optimizer


class _Evenness:
    """The loss of states that differ in size from the usual one of the glossary's.

    Args:
        pad: The token that fills rows up, whose states do not count.
    """

    def __init__(self, pad: int) -> None:
        self._pad = pad
        self._usual = torch.empty(0)

    def of_glossary(self, batch: Batch, sizes: list[torch.Tensor]) -> torch.Tensor:
        """Return the loss, and remember the sizes."""
        seen = self._logarithms(batch, sizes).detach().mean(1)
        before = self._usual if len(self._usual) else seen
        self._usual = _REMEMBERED * before + (1 - _REMEMBERED) * seen
        return self.of_lessons(batch, sizes)

    def of_lessons(self, batch: Batch, sizes: list[torch.Tensor]) -> torch.Tensor:
        """Return the loss: for all norms but the first, the mean square in the logarithm."""
        off = self._logarithms(batch, sizes) - self._usual[:, None]
        return off.square().mean(1).sum()

    def _logarithms(self, batch: Batch, sizes: list[torch.Tensor]) -> torch.Tensor:
        real = batch[0] != self._pad
        return torch.stack([size[..., 0][real].log() for size in sizes[1:]])


def _scores(stream: RecitingStream, batch: Batch) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the scores of the vocabulary where something is learned, and the states' sizes."""
    inputs, labels = batch
    last, sizes = stream.run(inputs)
    return stream.model.lm_head(last[learned(labels)[0]]), sizes


def _sureness(scores: torch.Tensor) -> torch.Tensor:
    """Return by how many nats scores of the vocabulary are off from all being alike."""
    even = torch.tensor(float(scores.shape[-1])).log()
    return (scores.logsumexp(-1) - scores.mean(-1)).mean() - even
