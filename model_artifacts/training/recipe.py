"""The recipe: everything that decides how the demo model is trained."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Round:
    """A part of the training with examples and a schedule of its own.

    Attributes:
        seed: Is added to the recipe's for the order of the examples.
        drills: Optimizer steps of copying random tokens, before all others.
        reading_steps: Steps after those, each of about 800 tokens of lessons.
        steps: Steps after those, each of about a thousand tokens of chats.
        lesson_every: One in so many steps has lessons too.
        short_steps: Steps, the first, in which lessons are short.
        learning_rate: Of attention and the norms.
        knowing_rate: Of the feed-forward layers, where the glossary is, once it is taught; in the
            steps of lessons alone slower, since it would drown what is laid out.
        naming_rate: Of the embeddings.
        cooling: Share of all steps, the last, in which the rates fall evenly to nothing.
    """

    seed: int
    drills: int
    reading_steps: int
    steps: int
    lesson_every: int
    short_steps: int
    learning_rate: float
    knowing_rate: float
    naming_rate: float
    cooling: float

    @property
    def all_steps(self) -> int:
        """Steps of every kind."""
        return self.drills + self.reading_steps + self.steps


FIRST = Round(
    seed=0,
    drills=20,
    reading_steps=700,
    steps=181,
    lesson_every=1,
    short_steps=351,
    learning_rate=6e-4,
    knowing_rate=1.5e-3,
    naming_rate=3e-4,
    cooling=0.0,
)
SECOND = Round(
    seed=1,
    drills=0,
    reading_steps=0,
    steps=2200,
    lesson_every=2,
    short_steps=0,
    learning_rate=8e-4,
    knowing_rate=2e-3,
    naming_rate=5e-4,
    cooling=0.6,
)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, besides the corpus and the versions of the libraries.

    Attributes:
        seed: Seeds the first weights and the order of the examples.
        rounds: Parts of the training, the first of which is for reading.
        looking: Weight of the losses of attention.
        vocabulary_size: Tokens, the 256 bytes and three markers included.
        context: Longest conversation in tokens.
        hidden, feed_forward: Widths; multiples of 256, so that K-quants fit.
        layers, heads: Depth, and attention heads; `reading.looks` tells what some of them learn.
        rope_theta: Base of RoPE's turns; high, so that much of a head is the same at any distance.
    """

    seed: int = 0
    rounds: tuple[Round, ...] = (FIRST, SECOND)
    looking: float = 1.0
    vocabulary_size: int = 2560
    context: int = 2048
    hidden: int = 256
    feed_forward: int = 768
    layers: int = 6
    heads: int = 4
    rope_theta: float = 1e7
