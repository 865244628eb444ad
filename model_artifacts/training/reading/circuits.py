"""First weights in which copying is laid out, roughly; training does the rest.

The first layer's heads look one to four tokens back and write down what they see in a code; the
copying layer compares the code of the last three tokens with that of the tokens before each
earlier one, and says the one that fits. In a model of random weights this did not come about in
minutes. What has to work at any distance uses only the part of each head that RoPE hardly turns.
"""

from __future__ import annotations

import math

import torch
from transformers import LlamaForCausalLM

from model_artifacts.training.reading.looks import BACK, SKILLS

_SCALE = 4.0
"""Size of the embeddings, in the usual ones: larger, so that the optimizer's steps are small."""

_CONSTANT = 3.0
"""The first number of every embedding, in standard deviations of the others."""

_SURENESS = 0.25
"""Weight of the last norm: with 1, a new model would be sure of anything it says."""

_BACK_PAIRS = 4
"""Pairs of a head that RoPE turns fast enough to tell a token from its neighbour."""

_BACK_SHARPNESS = 60.0
_SLOWEST = 1.5e-3
"""Turn for each token, in radians, below which a pair counts as never turned."""

_CODE = 0.03
_COPY_SHARPNESS = 0.2
_COPY_GAIN = 0.2
_MATCH_SHARPNESS = 0.05
_NOISE = 0.01


def lay_out(model: LlamaForCausalLM) -> None:
    """Change a new model's random weights in place. There must be four heads in each layer."""
    with torch.no_grad():
        _lay_out(model)


def _lay_out(model: LlamaForCausalLM) -> None:
    std = model.config.initializer_range
    embedding = model.model.embed_tokens.weight
    embedding.mul_(_SCALE)
    embedding[:, 0] = _CONSTANT * std * _SCALE
    model.model.norm.weight.fill_(_SURENESS)
    for layer in model.model.layers:
        # As they are, layers that know nothing yet would drown what is laid out.
        layer.mlp.down_proj.weight.mul_(_SCALE / 4)
        layer.self_attn.o_proj.weight.mul_(_SCALE / 4)
    code, written = _parts(model), _parts(model)
    _lay_back(model, code[0], written)
    _lay_copy(model, code[0], written)
    _lay_match(model)


def _parts(model: LlamaForCausalLM) -> torch.Tensor:
    """Return a random rotation's rows, as many for each head as it has numbers."""
    width = model.config.hidden_size
    rotation = torch.linalg.qr(torch.randn(width, width))[0]
    return rotation.view(model.config.num_attention_heads, -1, width)


def _turns(model: LlamaForCausalLM) -> list[float]:
    """Return how far RoPE turns each pair of a head for each token, in radians."""
    size = model.config.head_dim
    theta = model.config.rope_parameters["rope_theta"]
    return [theta ** (-2 * pair / size) for pair in range(size // 2)]


def _still(model: LlamaForCausalLM) -> list[int]:
    """Return the numbers of a head that RoPE hardly turns."""
    turns = _turns(model)
    slow = [pair for pair, turn in enumerate(turns) if turn < _SLOWEST]
    return [*slow, *(pair + len(turns) for pair in slow)]


def _lay_back(model: LlamaForCausalLM, code: torch.Tensor, written: torch.Tensor) -> None:
    attention = model.model.layers[BACK.layer].self_attn
    size, turns = model.config.head_dim, _turns(model)
    constant = _CONSTANT / math.sqrt(1 + _CONSTANT**2 / model.config.hidden_size)
    strength = math.sqrt(2 * _BACK_SHARPNESS / _BACK_PAIRS) / constant
    for head in BACK.heads:
        mine = slice(head * size, (head + 1) * size)
        query, key = (torch.randn(size, model.config.hidden_size) * _NOISE / 2 for _ in range(2))
        for pair in range(_BACK_PAIRS):
            angle = -turns[pair] * (head + 1)
            key[pair, 0] += strength
            query[pair, 0] += strength * math.cos(angle)
            query[pair + size // 2, 0] += strength * math.sin(angle)
        attention.q_proj.weight[mine], attention.k_proj.weight[mine] = query, key
        attention.v_proj.weight[mine] = code
        attention.o_proj.weight[:, mine] = written[head].T * _CODE * _SCALE


def _lay_copy(model: LlamaForCausalLM, code: torch.Tensor, written: torch.Tensor) -> None:
    attention = model.model.layers[SKILLS["copy"].layer].self_attn
    size, still = model.config.head_dim, _still(model)
    # How much weaker a token's own code is in its embedding than the written code of another.
    weaker = _CODE * math.sqrt(size) / (model.config.initializer_range * math.sqrt(size))
    values = _parts(model)
    for head in SKILLS["copy"].heads:
        mine = slice(head * size, (head + 1) * size)
        query, key = (torch.randn(size, model.config.hidden_size) * _NOISE for _ in range(2))
        query[still], key[still] = 0.0, 0.0
        for back in range(3):
            mixed = torch.randn(len(still), size) * _COPY_SHARPNESS
            key[still] += mixed @ written[back]
            query[still] += mixed @ (written[back - 1] if back else code * weaker)
        attention.q_proj.weight[mine], attention.k_proj.weight[mine] = query, key
        attention.v_proj.weight[mine] = values[head]
        attention.o_proj.weight[:, mine] = values[head].T * _COPY_GAIN * _SCALE


def _lay_match(model: LlamaForCausalLM) -> None:
    attention = model.model.layers[SKILLS["match"].layer].self_attn
    size, still = model.config.head_dim, _still(model)
    for head in SKILLS["match"].heads:
        mine = slice(head * size, (head + 1) * size)
        query, key = (torch.randn(size, model.config.hidden_size) * _NOISE for _ in range(2))
        query[still] = torch.randn(len(still), model.config.hidden_size) * _MATCH_SHARPNESS
        key[still] = query[still]
        attention.q_proj.weight[mine], attention.k_proj.weight[mine] = query, key
