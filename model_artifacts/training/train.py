"""Training of the demo model on one CPU thread, repeatably."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from model_artifacts.training.chatml import (
    CHAT_TEMPLATE,
    END,
    PAD,
    TOOLS_AFTER,
    TOOLS_BEFORE,
    train_tokenizer,
)
from model_artifacts.training.conversations import SYSTEM_PROMPTS
from model_artifacts.training.corpus import Corpus
from model_artifacts.training.joining import join
from model_artifacts.training.quoting import INSTRUCTION, Block, system_message
from model_artifacts.training.reading.batches import ReadingBatches
from model_artifacts.training.reading.circuits import lay_out
from model_artifacts.training.reading.facts import LEXICON
from model_artifacts.training.reading.practice import Practice, nobody
from model_artifacts.training.reading.stream import ReadingStream
from model_artifacts.training.recipe import Recipe
from model_artifacts.training.reciting.practice import train_reciting
from model_artifacts.training.reciting.stream import RecitingStream

logger = logging.getLogger(__name__)

_MEASURED_TOKENS = 2000
"""Tokens of lessons in which the usual sizes of states are measured."""


@dataclass(frozen=True)
class TrainingResult:
    """The result of a training run.

    Attributes:
        parameters: Learned numbers.
        losses: Mean losses of the last 100 steps of each part, by its name, in nats but for those
            of sizes.
        cpu_seconds: CPU time of the training loops.
    """

    parameters: int
    losses: dict[str, dict[str, float]]
    cpu_seconds: float


def train(corpus: Corpus, recipe: Recipe, out: Path) -> TrainingResult:
    """Train the model and write it to `out` as a Hugging Face checkpoint."""
    torch.manual_seed(recipe.seed)
    # One thread: faster for a model this small on a busy machine, and the sums keep their order.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    tokenizer = train_tokenizer(_texts(corpus), recipe.vocabulary_size)
    started = time.process_time()
    model, losses = _train_streams(corpus, tokenizer, recipe)
    cpu_seconds = time.process_time() - started
    _save(model, tokenizer, recipe, out)
    return TrainingResult(model.num_parameters(), losses, cpu_seconds)


def _texts(corpus: Corpus) -> Iterator[str]:
    yield from SYSTEM_PROMPTS
    for topic in corpus.trained:
        yield topic.answer
        yield from topic.questions
    lexicon = LEXICON.read_text(encoding="utf-8").replace("\n", " ")
    around = system_message([Block("notes.md", "Notes", ("A note.",))])
    # Often enough to become few tokens: they stand in every prompt of their kind.
    yield from (lexicon, INSTRUCTION, around, TOOLS_BEFORE, TOOLS_AFTER) * 20


def _train_streams(
    corpus: Corpus, tokenizer: Tokenizer, recipe: Recipe
) -> tuple[LlamaForCausalLM, dict[str, dict[str, float]]]:
    """Return both streams as one model, and the losses at the end of each part."""
    reading = ReadingStream(
        tokenizer.get_vocab_size(), recipe.layers, recipe.head_dim, recipe.rope_theta
    )
    lay_out(reading, tokenizer)
    reciting = RecitingStream(recipe, tokenizer)
    seed, context = recipe.seed, recipe.context
    losses = {"reciting": train_reciting(reciting, corpus, tokenizer, recipe).means}
    for number, steps in enumerate(recipe.reading):
        alone = Practice(reading, corpus, tokenizer, seed + number, context)
        losses[f"reading, round {number}"] = alone.train(nobody, steps).means
    lessons = ReadingBatches(corpus, tokenizer, seed + 1, tokens=_MEASURED_TOKENS)
    usual = reciting.sizes(lessons.lessons(short=False).words[0])
    with torch.no_grad():
        # A name is divided by its token's own size, which is known.
        reading.names.mul_(reciting.name_sizes / usual[0])
    beside = partial(reciting.beside, usual)
    together = Practice(reading, corpus, tokenizer, seed + len(recipe.reading), context)
    losses["together"] = together.train(beside, recipe.together).means
    return join(reciting, reading, usual, tokenizer, recipe), losses


def _save(model: LlamaForCausalLM, tokenizer: Tokenizer, recipe: Recipe, out: Path) -> None:
    model.save_pretrained(out)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, model_max_length=recipe.context
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(out)
