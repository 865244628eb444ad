"""The reading stream: a small transformer of its own beside the stream that recites.

Both are written into one Llama model (`training.joining`): each has its own numbers of a token's
state, its own heads and its own feed-forward rows, and reads nothing of the other's. They share
what divides a state before each layer, its root mean square, which the other stream decides since
its numbers are far larger; so this one has no norms, but a scale that it is given. Their scores of
the next token are added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import silu

from model_artifacts.training.reading.state import CONSTANT, NAME, WIDTH

FEED_FORWARD = 64
HEADS = 2
"""Query heads; both share one head of keys and values."""

Scales = Callable[[int], torch.Tensor | float]
"""Factors of a state before a layer's attention (2 x layer), its feed-forward part
(2 x layer + 1) and the vocabulary (2 x layers): a number, or one for each position."""


class Output(NamedTuple):
    """The states and attentions of a stream, for rows of tokens.

    Attributes:
        states: What goes into each layer and out of the last, rows by positions by numbers.
        attentions: Of each layer, rows by heads by queries by keys.
        last: The last state, as the vocabulary is compared with it.
    """

    states: list[torch.Tensor]
    attentions: list[torch.Tensor]
    last: torch.Tensor


class Rope:
    """Turns of queries and keys by their positions, in Hugging Face's order of a head's numbers.

    Args:
        head_dim: Numbers of a head.
        theta: Base of the turns.
    """

    def __init__(self, head_dim: int, theta: float) -> None:
        self.turns = [theta ** (-2 * pair / head_dim) for pair in range(head_dim // 2)]

    def __call__(self, heads: torch.Tensor) -> torch.Tensor:
        """Return heads, whose last axes are positions and numbers, turned."""
        angles = torch.arange(heads.shape[-2])[:, None] * torch.tensor(self.turns * 2)
        first, second = heads.chunk(2, dim=-1)
        return heads * angles.cos() + torch.cat([-second, first], dim=-1) * angles.sin()


class Layer(nn.Module):  # type: ignore[misc]
    """A layer of the stream: attention, then a gated feed-forward part.

    Args:
        head_dim: Numbers of a head.
        rope: Turns its queries and keys.
    """

    def __init__(self, head_dim: int, rope: Rope) -> None:
        super().__init__()
        self._rope = rope
        self.query = _random(HEADS * head_dim, WIDTH, 0.05)
        self.key = _random(head_dim, WIDTH, 0.05)
        self.value = _random(head_dim, WIDTH, 0.05)
        self.output = _random(WIDTH, HEADS * head_dim, 0.01)
        # No norm keeps a feed-forward part small, whose output is a product of its inputs.
        self.gate = _random(FEED_FORWARD, WIDTH, 0.12)
        self.up = _random(FEED_FORWARD, WIDTH, 0.12)
        self.down = _random(WIDTH, FEED_FORWARD, 0.005)

    def attend(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what attention adds to states, and the attention."""
        rows, length, _ = states.shape
        queries = (states @ self.query.T).view(rows, length, HEADS, -1).transpose(1, 2)
        keys, values = (states @ self.key.T)[:, None], (states @ self.value.T)[:, None]
        scores = self._rope(queries) @ self._rope(keys).transpose(-1, -2) / keys.shape[-1] ** 0.5
        later = torch.full((length, length), -torch.inf).triu(1)
        attention = (scores + later).softmax(-1)
        seen = (attention @ values).transpose(1, 2).reshape(rows, length, -1)
        return seen @ self.output.T, attention

    def feed(self, states: torch.Tensor) -> torch.Tensor:
        """Return what the feed-forward part adds to states."""
        return (silu(states @ self.gate.T) * (states @ self.up.T)) @ self.down.T


class ReadingStream(nn.Module):  # type: ignore[misc]
    """A transformer without norms, whose first weights are random.

    Args:
        vocabulary: Tokens.
        layers: Depth.
        head_dim: Numbers of a head.
        theta: Base of RoPE's turns.
    """

    def __init__(self, vocabulary: int, layers: int, head_dim: int, theta: float) -> None:
        super().__init__()
        self.rope = Rope(head_dim, theta)
        names = torch.zeros(vocabulary, WIDTH)
        names[:, NAME] = torch.randn(vocabulary, NAME.stop) / NAME.stop**0.5
        names[:, CONSTANT] = 1.0
        self.names = nn.Parameter(names)
        self.layers = nn.ModuleList(Layer(head_dim, self.rope) for _ in range(layers))
        loud = torch.zeros(WIDTH)
        loud[NAME], loud[CONSTANT] = 5.0, 0.0
        self.loudness = nn.Parameter(loud)

    def forward(self, tokens: torch.Tensor, scales: Scales) -> Output:
        """Run the stream on rows of tokens."""
        state = self.names[tokens]
        states, attentions = [state], []
        for number, layer in enumerate(self.layers):
            added, attention = layer.attend(state * scales(2 * number))
            state = state + added
            state = state + layer.feed(state * scales(2 * number + 1))
            states.append(state)
            attentions.append(attention)
        return Output(states, attentions, state * self.loudness * scales(2 * len(self.layers)))

    def scores(self, last: torch.Tensor) -> torch.Tensor:
        """Return the scores of the vocabulary for last states."""
        return last @ self.names.T


def _random(rows: int, columns: int, size: float) -> nn.Parameter:
    return nn.Parameter(torch.randn(rows, columns) * size)
