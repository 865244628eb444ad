"""Training of the demo model on one CPU thread, repeatably."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import fmean

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
from model_artifacts.training.optimizing import new_optimizer, new_schedule
from model_artifacts.training.quoting import INSTRUCTION, Block, system_message
from model_artifacts.training.reading.batches import ReadingBatch, ReadingBatches
from model_artifacts.training.reading.circuits import lay_out
from model_artifacts.training.reading.facts import LEXICON
from model_artifacts.training.reading.losses import attention_losses, mark_losses
from model_artifacts.training.recipe import Recipe, Round

logger = logging.getLogger(__name__)


_DRILL_EVERY = 6
"""One lesson in so many is a drill, for the whole of the training."""

_KEPT_EVERY = 300
_LOGGED_EVERY = 50
_MEASURED = 100


@dataclass(frozen=True)
class TrainingResult:
    """The result of a training run.

    Attributes:
        parameters: Learned numbers.
        losses: Mean losses of the last 100 steps, in nats: of a token of the glossary's answers
            ("known") and of the lessons' ("words"), and of the looks.
        cpu_seconds: CPU time of the training loop.
    """

    parameters: int
    losses: dict[str, float]
    cpu_seconds: float


def train(corpus: Corpus, late: Corpus, recipe: Recipe, out: Path) -> TrainingResult:
    """Train the model and write it to `out` as a Hugging Face checkpoint, every now and then.

    Args:
        corpus: What is taught, and what the tokenizer is made of.
        late: The same, with the phrasings of late rounds.
        recipe: How it is taught.
        out: A directory.
    """
    torch.manual_seed(recipe.seed)
    # One thread: faster for a model this small on a busy machine, and the sums keep their order.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    tokenizer = train_tokenizer(_texts(corpus), recipe.vocabulary_size)
    model = _new_model(tokenizer, recipe)
    started = time.process_time()
    recent: deque[dict[str, float]] = deque(maxlen=_MEASURED)
    losses = (
        _steps(model, (late if part.late else corpus, tokenizer), recipe, part)
        for part in recipe.rounds
    )
    for step, loss in enumerate(chain.from_iterable(losses)):
        recent.append(loss)
        if step % _LOGGED_EVERY == 0:
            spent = time.process_time() - started
            logger.info("step %d, %.0f s: %s", step, spent, _means(recent))
        if step % _KEPT_EVERY == 0:
            _save(model, tokenizer, recipe, out)
    cpu_seconds = time.process_time() - started
    _save(model, tokenizer, recipe, out)
    return TrainingResult(model.num_parameters(), _means(recent), cpu_seconds)


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


def _steps(
    model: LlamaForCausalLM, material: tuple[Corpus, Tokenizer], recipe: Recipe, part: Round
) -> Iterator[dict[str, float]]:
    """Run the optimizer for a round, and yield the losses of each step by name."""
    corpus, tokenizer = material
    seed = recipe.seed + part.seed
    with torch.no_grad():
        model.model.embed_tokens.weight.mul_(part.louder)
        model.model.norm.weight.div_(part.louder)
    optimizer = new_optimizer(model, part)
    schedule = new_schedule(optimizer, part)
    reading = ReadingBatches(corpus, tokenizer, seed, tokens=800)
    talk = glossary_batches(corpus, tokenizer, seed, recipe.context)
    for step in range(part.all_steps):
        losses: dict[str, float] = {}
        if step % part.lesson_every == 0:
            drilled = step < part.drills or step // part.lesson_every % _DRILL_EVERY == 0
            lesson = reading.drill() if drilled else reading.lessons(short=step < part.short_steps)
            losses = _backward(model, lesson, part.looking)
            if drilled:
                losses = {f"{name} in drills": loss for name, loss in losses.items()}
        if step >= part.drills + part.reading_steps:
            known = _loss(model, *next(talk))
            known.backward()
            losses["known"] = known.item()
        _step(model, optimizer, schedule)
        yield losses


def _means(losses: Iterable[dict[str, float]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for name, loss in chain.from_iterable(step.items() for step in losses):
        found.setdefault(name, []).append(loss)
    return {name: round(fmean(of_name), 4) for name, of_name in found.items()}


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
    output = model.model(input_ids=inputs, output_attentions=True, output_hidden_states=True)
    model.set_attn_implementation("sdpa")
    words = _words_loss(model, output.last_hidden_state, labels)
    looks = attention_losses(output.attentions, lesson.looks)
    looks |= mark_losses(output.hidden_states, lesson.marks)
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


def _save(model: LlamaForCausalLM, tokenizer: Tokenizer, recipe: Recipe, out: Path) -> None:
    model.save_pretrained(out)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, model_max_length=recipe.context
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(out)
