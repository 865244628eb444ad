"""First weights in which copying is laid out, roughly; training does the rest.

The first layer's heads look one to four tokens back and write down what they see in a code; the
copying layer compares the code of the last three tokens with that of the tokens before each
earlier one, and says the one that fits. A layer between looks at the same token elsewhere, and the
last says what it looks at. In a model of random weights this did not come about in minutes. What
has to work at any distance uses only the part of each head that RoPE hardly turns.
"""

from __future__ import annotations

import math

import torch
from transformers import LlamaForCausalLM

from model_artifacts.training.reading.looks import BACK, MARKING, SKILLS

_SCALE = 4.0
"""Size of the embeddings, in the usual ones: larger, so that the optimizer's steps are small."""

_CONSTANT = 3.0
"""The first number of every embedding, in standard deviations of the others."""

_SURENESS = 0.7
"""Weight of the last norm, so that a new model's copies are likely, and nothing else is sure."""

_QUIET = 0.2
"""Size of an untaught layer's writings, in the usual one: louder, it drowns the laid-out ones."""

_BACK_PAIRS = 4
"""Pairs of a head that RoPE turns fast enough to tell a token from its neighbour."""

_FAR_PAIRS = 6
"""Pairs that tell a token's neighbourhood from what is far."""

_SLOWEST = 1.5e-3
"""Turn for each token, in radians, below which a pair counts as never turned."""

_BACK_SHARPNESS = 100.0
_CODE = 0.03
_COPY_SHARPNESS = 0.2
_COPY_GAIN = 0.2
_MATCH_FARNESS = 3.0
_MATCH_SHARPNESS = (0.25, 0.15)
"""Of the token itself, and of the one before."""

_START_GAIN = 0.1
_MARK = 16
"""Numbers of a mark; for each of these skills as many of the last ones are reserved."""

_MARK_GAINS = (0.03, 0.04, 0.04)
_MARK_SHARPNESS = 0.4
_NOISE = 0.01


def reserved(place: int) -> slice:
    """Return which numbers of a state hold a mark, of the skill at a place of `MARKING`."""
    end = (len(MARKING) - 1 - place) * _MARK
    return slice(-end - _MARK, -end or None)


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
    reserved = slice(model.config.hidden_size - len(MARKING) * _MARK, None)
    embedding[:, reserved] = 0.0
    for layer in model.model.layers:
        layer.mlp.down_proj.weight[reserved] = 0.0
        layer.self_attn.o_proj.weight[reserved] = 0.0
        layer.mlp.down_proj.weight.mul_(_QUIET)
        layer.self_attn.o_proj.weight.mul_(_QUIET)
    code, written = _parts(model)[0], _parts(model)
    code[:, 0] = 0.0  # the same in every token
    _lay_back(model, code, written)
    _lay_copy(model, code, written)
    _lay_match(model, code, written)
    _lay_mark(model, code, written)


def _parts(model: LlamaForCausalLM) -> torch.Tensor:
    """Return a random rotation's rows, as many for each head; the reserved numbers stay out."""
    width, heads = model.config.hidden_size, model.config.num_attention_heads
    free = width - len(MARKING) * _MARK
    parts = torch.zeros(heads, model.config.head_dim, width)
    parts[:, : free // heads, :free] = torch.linalg.qr(torch.randn(free, free))[0].view(
        heads, -1, free
    )
    return parts


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


def _louder(model: LlamaForCausalLM) -> float:
    """Return how much louder a code is where it is written than in an embedding."""
    return float(_CODE / model.config.initializer_range)


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
    values = _parts(model)
    for head in SKILLS["copy"].heads:
        mine = slice(head * size, (head + 1) * size)
        query, key = (torch.randn(size, model.config.hidden_size) * _NOISE for _ in range(2))
        query[still], key[still] = 0.0, 0.0
        for back in range(3):
            mixed = torch.randn(len(still), size) * _COPY_SHARPNESS
            key[still] += mixed @ written[back]
            query[still] += mixed @ (written[back - 1] if back else code * _louder(model))
        attention.q_proj.weight[mine], attention.k_proj.weight[mine] = query, key
        attention.v_proj.weight[mine] = values[head]
        attention.o_proj.weight[:, mine] = values[head].T * _COPY_GAIN * _SCALE


def _lay_match(model: LlamaForCausalLM, code: torch.Tensor, written: torch.Tensor) -> None:
    attention = model.model.layers[SKILLS["match"].layer].self_attn
    size, still = model.config.head_dim, _still(model)
    for head in SKILLS["match"].heads:
        mine = slice(head * size, (head + 1) * size)
        query, key = (torch.randn(size, model.config.hidden_size) * _NOISE for _ in range(2))
        own, before = (torch.randn(len(still), size) * strength for strength in _MATCH_SHARPNESS)
        query[still] = own @ code * _louder(model) + before @ written[0]
        key[still] = query[still]
        for pair in range(_FAR_PAIRS):  # not the token itself, nor its neighbours
            key[pair, 0] += _MATCH_FARNESS
            query[pair, 0] -= _MATCH_FARNESS
        attention.q_proj.weight[mine], attention.k_proj.weight[mine] = query, key


def _lay_mark(model: LlamaForCausalLM, code: torch.Tensor, written: torch.Tensor) -> None:
    """Lay out how a sentence's mark comes to the answer, and back to where the sentence starts."""
    size = model.config.head_dim
    own, third, fourth = torch.randn(3, _MARK, size) / math.sqrt(3 * size * 0.7)
    read = own @ code * _louder(model) + third @ written[2] + fourth @ written[3]
    for place, (skill, gain) in enumerate(zip(MARKING, _MARK_GAINS, strict=True)):
        attention = model.model.layers[SKILLS[skill].layer].self_attn
        heads = SKILLS[skill].heads
        for head in heads:
            mine = slice(head * size, head * size + _MARK)
            attention.v_proj.weight[mine] = read
            attention.o_proj.weight[:, mine] = 0.0
            attention.o_proj.weight[reserved(place), mine] = (
                torch.eye(_MARK) * gain * _SCALE / len(heads)
            )
        read = torch.eye(model.config.hidden_size)[reserved(place)]
    for skill in ("copy", "start"):
        _lay_comparison(model, skill)
    values = _parts(model).flatten(0, 1)
    attention = model.model.layers[SKILLS["start"].layer].self_attn
    attention.v_proj.weight.copy_(values)
    attention.o_proj.weight.copy_(values.T * _START_GAIN * _SCALE)


def _lay_comparison(model: LlamaForCausalLM, skill: str) -> None:
    attention = model.model.layers[SKILLS[skill].layer].self_attn
    still = _still(model)
    for head in SKILLS[skill].heads:
        rows = torch.tensor(still) + head * model.config.head_dim
        compared = torch.randn(len(still), _MARK) * _MARK_SHARPNESS
        attention.k_proj.weight[rows, reserved(0)] += compared
        attention.q_proj.weight[rows, reserved(len(MARKING) - 1)] += compared
