"""The recipe: everything that decides how the demo model is trained."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Round:
    """A part of the training with examples and a schedule of its own.

    Attributes:
        seed: Is added to the recipe's, for the order of the examples.
        planned: Optimizer steps that the schedule is made for; the next round may begin before.
        cooling: Share of those, the last, in which the rates fall evenly to nothing.
        learning_rate: Of attention and the norms.
        knowing_rate: Of the feed-forward layers, where the glossary is, once it is taught; in the
            steps of lessons alone slower, since it would drown what is laid out.
        naming_rate: Of the embeddings.
        steps: Steps, each of about a thousand tokens of chats.
        reading_steps: Steps before those, each of about 800 tokens of lessons.
        drills: Steps before those, of copying random tokens.
        short_steps: Steps, the first, in which lessons are short.
        lesson_every: One in so many steps has lessons.
        louder: Factor by which the embeddings grow first, and the last norm's weight shrinks.
        looking: Weight of the losses of attention.
        late: Whether further phrasings are taught.
    """

    seed: int
    planned: int
    cooling: float
    learning_rate: float
    knowing_rate: float
    naming_rate: float
    steps: int
    reading_steps: int = 0
    drills: int = 0
    short_steps: int = 0
    lesson_every: int = 2
    louder: float = 1.0
    looking: float = 1.0
    late: bool = False

    @property
    def all_steps(self) -> int:
        """Steps of every kind."""
        return self.drills + self.reading_steps + self.steps


ROUNDS = (
    # Where to look is learned, and the glossary begun.
    Round(0, 2920, 0.5, 6e-4, 1.5e-3, 3e-4, 181, 700, drills=20, short_steps=351, lesson_every=1),
    # Too fast for what is copied, which the glossary drowns.
    Round(1, 2200, 0.6, 8e-4, 2e-3, 5e-4, 301),
    Round(2, 1900, 1.0, 6e-4, 1.2e-3, 4e-4, 601),
    # Louder names are heard again.
    Round(3, 1300, 1.0, 6e-4, 1.5e-3, 8e-4, 601, louder=2.0, looking=0.5),
    Round(4, 680, 1.0, 4e-4, 1e-3, 5e-4, 680, louder=1.5, looking=0.3),
    # One phrasing in four was not understood.
    Round(9, 300, 1.0, 4e-4, 1.3e-3, 4e-4, 300, lesson_every=3, looking=0.3, late=True),
)
"""The rounds as they were run."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, besides the corpus and the versions of the libraries.

    Attributes:
        seed: Seeds the first weights and the order of the examples.
        rounds: Parts of the training, one after another.
        vocabulary_size: Tokens, the 256 bytes and three markers included.
        context: Longest conversation in tokens.
        hidden, feed_forward: Widths; multiples of 256, so that K-quants fit.
        layers, heads: Depth, and attention heads; `reading.looks` tells what some of them learn.
        rope_theta: Base of RoPE's turns; high, so that much of a head is the same at any distance.
    """

    seed: int = 0
    rounds: tuple[Round, ...] = ROUNDS
    vocabulary_size: int = 2560
    context: int = 2048
    hidden: int = 256
    feed_forward: int = 768
    layers: int = 6
    heads: int = 4
    rope_theta: float = 1e7
