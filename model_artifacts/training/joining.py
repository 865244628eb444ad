"""Two streams in one Llama model: each in numbers, heads and feed-forward rows of its own.

Zeros keep them apart. A norm divides both by the root mean square of all their numbers: those of
the reading stream are made so small that it is the other's, and the norm's weights undo that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaDecoderLayer

from model_artifacts.training.reading.state import WIDTH
from model_artifacts.training.reading.stream import FEED_FORWARD, HEADS, Layer, ReadingStream
from model_artifacts.training.recipe import Recipe
from model_artifacts.training.reciting.stream import EPSILON, RecitingStream, llama

_SMALL = 0.05
"""Size of the reading stream's numbers in the joined state. With it they are 0.3 % of the square of
an embedding, and less of later states; the smallest are far from the end of 16-bit floats."""


@dataclass(frozen=True)
class _Joint:
    """The weights of both streams as those of one.

    Attributes:
        reciting: Numbers of the first stream's states.
    """

    reciting: int

    @property
    def fewer(self) -> float:
        """The joined norm's root mean square, as a share of the reciting stream's own."""
        return math.sqrt(self.reciting / (self.reciting + WIDTH))

    def write(self, matrix: torch.Tensor, own: torch.Tensor, other: torch.Tensor) -> None:
        """Write both streams' weights into a matrix of zeros, one after the other in both axes."""
        matrix.zero_()
        rows, columns = own.shape
        matrix[:rows, :columns], matrix[rows:, columns:] = own, other

    def norm(self, weights: torch.Tensor, own: torch.Tensor, factor: torch.Tensor) -> None:
        """Write a norm's weights: the reading stream's is a factor of its numbers."""
        weights[: self.reciting] = own * self.fewer
        weights[self.reciting :] = factor * self.fewer / _SMALL


def join(
    reciting: RecitingStream,
    reading: ReadingStream,
    usual: torch.Tensor,
    tokenizer: Tokenizer,
    recipe: Recipe,
) -> LlamaForCausalLM:
    """Return a model whose scores are the sums of both streams'.

    Args:
        reciting: The stream whose sizes both are divided by.
        reading: The stream that was trained beside it.
        usual: The usual size at each norm, where the reading stream's scale is 1.
        tokenizer: The tokenizer of both.
        recipe: The shape of the first.
    """
    joint = _Joint(recipe.hidden)
    model = llama(
        recipe,
        tokenizer,
        EPSILON * joint.fewer**2,
        hidden_size=recipe.hidden + WIDTH,
        intermediate_size=recipe.feed_forward + FEED_FORWARD,
        num_attention_heads=recipe.heads + HEADS,
        num_key_value_heads=recipe.kv_heads + 1,
    )
    alone = reciting.model
    with torch.no_grad():
        names = torch.cat([alone.model.embed_tokens.weight, reading.names * _SMALL], dim=1)
        model.model.embed_tokens.weight.copy_(names)
        own_norm = alone.model.norm.weight
        joint.norm(model.model.norm.weight, own_norm, reading.loudness * usual[-1] / _SMALL)
        layers = zip(model.model.layers, alone.model.layers, reading.layers, strict=True)
        for number, (both, own, other) in enumerate(layers):
            _join_layer(joint, both, own, other)
            for norm, size in (("input_layernorm", 0), ("post_attention_layernorm", 1)):
                factor = usual[2 * number + size].expand(WIDTH)
                joint.norm(getattr(both, norm).weight, getattr(own, norm).weight, factor)
    return model


def _join_layer(
    joint: _Joint, both: LlamaDecoderLayer, own: LlamaDecoderLayer, other: Layer
) -> None:
    for name, weights in (("q", other.query), ("k", other.key), ("v", other.value)):
        joined, recited = (getattr(a.self_attn, f"{name}_proj").weight for a in (both, own))
        joint.write(joined, recited, weights)
    joint.write(both.self_attn.o_proj.weight, own.self_attn.o_proj.weight, other.output * _SMALL)
    joint.write(both.mlp.gate_proj.weight, own.mlp.gate_proj.weight, other.gate)
    joint.write(both.mlp.up_proj.weight, own.mlp.up_proj.weight, other.up)
    joint.write(both.mlp.down_proj.weight, own.mlp.down_proj.weight, other.down * _SMALL)
