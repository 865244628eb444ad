"""Training of the demo model on one CPU thread, repeatably."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from model_artifacts.training.batches import IGNORED, glossary_batches
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
from model_artifacts.training.quoting import INSTRUCTION, Block, system_message
from model_artifacts.training.reading.batches import ReadingBatch, ReadingBatches
from model_artifacts.training.reading.circuits import lay_out
from model_artifacts.training.reading.facts import LEXICON
from model_artifacts.training.reading.losses import attention_losses

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, besides the corpus and the versions of the libraries.

    Attributes:
        seed: Seeds the first weights and the order of the examples.
        drills: Optimizer steps of copying random tokens, before all others.
        steps: Optimizer steps, each of about a thousand tokens of chats and 800 of lessons.
        more_steps: Steps of a second round, with a schedule of its own and other examples.
        learning_rate: Peak of the cosine schedule; it warms up over the first 50 steps.
        second_learning_rate: The same of the second round.
        looking: Weight of the losses of attention.
        vocabulary_size: Tokens, the 256 bytes and three markers included.
        context: Longest conversation in tokens.
        hidden, feed_forward: Widths; multiples of 256, so that K-quants fit.
        layers, heads: Depth, and attention heads; `reading.looks` tells what some of them learn.
        rope_theta: Base of RoPE's turns; high, so that much of a head is the same at any distance.
    """

    seed: int = 0
    drills: int = 50
    steps: int = 1200
    more_steps: int = 900
    learning_rate: float = 1.5e-3
    second_learning_rate: float = 1.5e-3
    looking: float = 1.0
    vocabulary_size: int = 2560
    context: int = 2048
    hidden: int = 256
    feed_forward: int = 768
    layers: int = 6
    heads: int = 4
    rope_theta: float = 1e7


@dataclass(frozen=True)
class TrainingResult:
    """The result of a training run.

    Attributes:
        parameters: Learned numbers.
        loss: Mean loss of an answer's token over the last 100 steps, in nats.
        reading_loss: The same of the lessons' answers.
        cpu_seconds: CPU time of the training loop.
    """

    parameters: int
    loss: float
    reading_loss: float
    cpu_seconds: float


def train(corpus: Corpus, recipe: Recipe, out: Path) -> TrainingResult:
    """Train the model and write it to `out` as a Hugging Face checkpoint."""
    torch.manual_seed(recipe.seed)
    # One thread: faster for a model this small on a busy machine, and the sums keep their order.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    tokenizer = train_tokenizer(_texts(corpus), recipe.vocabulary_size)
    model = _new_model(tokenizer, recipe)
    started = time.process_time()
    material = corpus, tokenizer
    first = Round(recipe.seed, recipe.drills, recipe.steps, recipe.learning_rate)
    losses = fit(model, material, recipe, first)
    if recipe.more_steps:
        second = Round(recipe.seed + 1, 0, recipe.more_steps, recipe.second_learning_rate)
        losses = fit(model, material, recipe, second)
    cpu_seconds = time.process_time() - started
    _save(model, tokenizer, recipe, out)
    return TrainingResult(model.num_parameters(), *losses, cpu_seconds)


def _texts(corpus: Corpus) -> Iterator[str]:
    yield from SYSTEM_PROMPTS
    for topic in corpus.trained:
        yield topic.answer
        yield from topic.questions
    lexicon = LEXICON.read_text(encoding="utf-8").replace("\n", " ")
    around = system_message([Block("notes.md", "Notes", ("A note.",))])
    # Often enough to become few tokens: they stand in every prompt of their kind.
    yield from (lexicon, INSTRUCTION, around, TOOLS_BEFORE, TOOLS_AFTER) * 20


def _new_model(tokenizer: Tokenizer, recipe: Recipe) -> LlamaForCausalLM:
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=recipe.hidden,
            intermediate_size=recipe.feed_forward,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            max_position_embeddings=recipe.context,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.token_to_id(END),
            pad_token_id=tokenizer.token_to_id(PAD),
            rope_parameters={"rope_type": "default", "rope_theta": recipe.rope_theta},
        )
    )
    lay_out(model)
    return model


@dataclass(frozen=True)
class Round:
    """A part of the training with a schedule of its own.

    Attributes:
        seed: Seeds the examples.
        drills: Steps of copying random tokens; where there are none, lessons are hard at once.
        steps: Steps after those.
        learning_rate: Peak of the schedule.
    """

    seed: int
    drills: int
    steps: int
    learning_rate: float


def fit(
    model: LlamaForCausalLM, material: tuple[Corpus, Tokenizer], recipe: Recipe, part: Round
) -> tuple[float, float]:
    """Run the optimizer for a round and return the mean losses over its last 100 steps."""
    corpus, tokenizer = material
    optimizer = _optimizer(model, part.learning_rate)
    total = part.drills + part.steps
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warmth(step, total))
    reading = ReadingBatches(corpus, tokenizer, part.seed, tokens=800)
    for lesson in reading.drills(part.drills):
        _backward(model, lesson, recipe.looking)
        _step(model, optimizer, schedule)
    losses: list[tuple[float, float]] = []
    talk = glossary_batches(corpus, tokenizer, part.seed, recipe.context)
    for step, batch in zip(range(part.steps), talk, strict=False):
        known = _loss(model, *batch)
        known.backward()
        progress = step / part.steps if part.drills else 1.0
        read = _backward(model, reading.lessons(progress), recipe.looking)
        _step(model, optimizer, schedule)
        losses.append((known.item(), read.pop("words")))
        if step % 50 == 0:
            logger.info("step %d of %d, losses %.4f and %.4f", step, part.steps, *losses[-1])
            logger.info("looks %s", {name: round(loss, 3) for name, loss in read.items()})
    known_losses, reading_losses = zip(*losses[-100:], strict=True)
    return sum(known_losses) / len(known_losses), sum(reading_losses) / len(reading_losses)


def _optimizer(model: LlamaForCausalLM, learning_rate: float) -> torch.optim.Optimizer:
    sureness = model.model.norm.weight
    others = [weights for weights in model.parameters() if weights is not sureness]
    groups = [
        {"params": others, "lr": learning_rate},
        {"params": [sureness], "lr": 5 * learning_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.95), weight_decay=0.05)


def _step(
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    schedule.step()


def _backward(model: LlamaForCausalLM, lesson: ReadingBatch, looking: float) -> dict[str, float]:
    """Add the gradient of a batch of lessons, and return the losses, of words and of looks."""
    inputs, labels = lesson.words
    model.set_attn_implementation("eager")  # the only one that shows its attention
    output = model.model(input_ids=inputs, output_attentions=True)
    model.set_attn_implementation("sdpa")
    words = _words_loss(model, output.last_hidden_state, labels)
    looks = attention_losses(output.attentions, lesson.looks)
    (words + looking * torch.stack([*looks.values()]).sum()).backward()
    return {name: loss.item() for name, loss in {**looks, "words": words}.items()}


def _loss(model: LlamaForCausalLM, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return _words_loss(model, model.model(input_ids=inputs).last_hidden_state, labels)


def _words_loss(
    model: LlamaForCausalLM, hidden: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Return the mean loss of the learned tokens; only for these is the vocabulary scored."""
    following = labels[:, 1:]
    learned = following != IGNORED
    return cross_entropy(model.lm_head(hidden[:, :-1][learned]), following[learned])


def _warmth(step: int, steps: int) -> float:
    """Return the share of the peak learning rate: a short linear warm-up, then a cosine to 2 %."""
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
    return min(1.0, (step + 1) / 50) * (0.02 + 0.98 * cosine)


def _save(model: LlamaForCausalLM, tokenizer: Tokenizer, recipe: Recipe, out: Path) -> None:
    model.save_pretrained(out)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, model_max_length=recipe.context
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(out)
