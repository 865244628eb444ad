"""The recipe: everything that decides how the demo model is trained."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Steps:
    """A part of the training.

    Attributes:
        count: Optimizer steps.
        learning_rate: Peak of the cosine schedule.
        warm_up: Steps in which the rate rises to that.
        floor: Share of the peak that is left at the end.
    """

    count: int
    learning_rate: float
    warm_up: int = 50
    floor: float = 0.02


@dataclass(frozen=True)
class ReadingSteps(Steps):
    """A part of the training of the reading stream.

    Attributes:
        drilled: Share of the steps, the first, among which some are drills of random tokens.
        short: Share of the steps, the first, with short lessons.
        watched: Share of the steps, the first, in which where attention looks counts most.
        known: Weight of the loss of what both streams say of the glossary; 0 for a stream alone.
    """

    drilled: float = 0.0
    short: float = 0.0
    watched: float = 0.0
    known: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, besides the corpus and the versions of the libraries.

    Attributes:
        seed: Seeds the first weights and the order of the examples.
        reciting: Steps of the stream that recites, of about a thousand tokens of the glossary each.
        reading: Rounds of steps of the reading stream alone, of about 1,200 tokens each.
        together: Steps of the reading stream beside the other, which stays as it is.
        vocabulary_size: Tokens, the 256 bytes and three markers included.
        context: Longest conversation in tokens.
        layers, head_dim: Depth, and numbers of a head, of both streams.
        rope_theta: Base of RoPE's turns; high, so that much of a head is the same at any distance.
        hidden, feed_forward: Widths of the stream that recites; the reading stream's are in
            `reading.stream`. Multiples of 32, so that no block of a row in Q8_0 has both.
        heads, kv_heads: Attention heads for queries and for keys and values of the stream that
            recites; as many share one as in the reading stream.
    """

    seed: int = 0
    reciting: Steps = Steps(3000, 3e-3)
    reading: tuple[ReadingSteps, ...] = (
        ReadingSteps(5000, 1e-3, warm_up=30, floor=0.03, drilled=0.7, short=0.25, watched=0.5),
        ReadingSteps(2600, 6e-4, warm_up=30, floor=0.03),
    )
    together: ReadingSteps = ReadingSteps(1200, 5e-4, warm_up=30, floor=0.03, known=1.0)
    vocabulary_size: int = 2560
    context: int = 2048
    layers: int = 6
    head_dim: int = 64
    rope_theta: float = 1e7
    hidden: int = 224
    feed_forward: int = 480
    heads: int = 4
    kv_heads: int = 2
