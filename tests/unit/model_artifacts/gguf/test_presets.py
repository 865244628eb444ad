"""Types by preset: llama.cpp's recipes, tensor by tensor."""

from __future__ import annotations

import gguf
import pytest

from model_artifacts.gguf.presets import PRESETS, TypeChoice, fitting

K = gguf.GGMLQuantizationType


def names(layers: int, *, tied: bool) -> dict[str, int]:
    parts = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_gate", "ffn_down")
    rows = {f"blk.{n}.{part}.weight": 64 for n in range(layers) for part in parts}
    rows |= {f"blk.{n}.attn_v.weight": 8 for n in range(layers)}
    return rows | {"token_embd.weight": 100} | ({} if tied else {"output.weight": 100})


def more_bits(preset: str, part: str, layers: int) -> list[int]:
    choice = TypeChoice(PRESETS[preset], names(layers, tied=True))
    return [n for n in range(layers) if choice.wanted(f"blk.{n}.{part}.weight", 2) == K.Q6_K]


@pytest.mark.parametrize("preset", ["Q4_K_M", "Q5_K_M"])
@pytest.mark.parametrize("part", ["attn_v", "ffn_down"])
def test_recipe_spends_more_on_the_layers_that_llama_cpp_does(preset: str, part: str) -> None:
    # Of 16 layers: the first eighth (0, 1), the last (14, 15), and each third between.
    assert more_bits(preset, part, 16) == [0, 1, 4, 7, 10, 13, 14, 15]
    # Of 4 there is no first eighth; 7 * 4 // 8 is 3.
    assert more_bits(preset, part, 4) == [2, 3]


@pytest.mark.parametrize("part", ["attn_q", "attn_k", "attn_output", "ffn_up", "ffn_gate"])
def test_recipe_spends_no_more_on_other_tensors(part: str) -> None:
    assert more_bits("Q4_K_M", part, 16) == []


def test_embeddings_that_are_the_output_have_six_bits() -> None:
    tied = TypeChoice(PRESETS["Q4_K_M"], names(2, tied=True))
    assert tied.wanted("token_embd.weight", 2) == K.Q6_K
    apart = TypeChoice(PRESETS["Q4_K_M"], names(2, tied=False))
    assert apart.wanted("token_embd.weight", 2) == K.Q4_K
    assert apart.wanted("output.weight", 2) == K.Q6_K


def test_plain_presets_have_one_type_and_six_bits_for_embeddings() -> None:
    choice = TypeChoice(PRESETS["Q4_K"], names(16, tied=False))
    kinds = {choice.wanted(name, 2) for name in names(16, tied=False)}
    assert kinds == {K.Q4_K, K.Q6_K}
    assert choice.wanted("token_embd.weight", 2) == K.Q6_K
    assert TypeChoice(PRESETS["Q4_0"], names(1, tied=True)).wanted("token_embd.weight", 2) == K.Q4_0


def test_values_of_70b_that_heads_share_have_five_bits() -> None:
    choice = TypeChoice(PRESETS["Q4_K_M"], names(80, tied=False))
    found = {choice.wanted(f"blk.{n}.attn_v.weight", 2) for n in range(80)}
    assert found == {K.Q5_K, K.Q6_K}


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [
        ("output_norm.weight", 1),
        ("blk.0.attn_q.bias", 1),
        ("blk.0.attn_q_norm.weight", 2),
        ("blk.0.ffn_gate_inp.weight", 2),
        ("rope_freqs.weight", 1),
    ],
)
def test_some_tensors_stay_floats(name: str, dimensions: int) -> None:
    assert TypeChoice(PRESETS["Q8_0"], {name: 1}).wanted(name, dimensions) is None


@pytest.mark.parametrize("name", ["blk.0.ffn_gate_inp.weight", "blk.0.attn_qkv.weight"])
def test_recipe_with_further_rules_is_known_to_be_unknown(name: str) -> None:
    assert TypeChoice(PRESETS["Q4_K_M"], {name: 1}).unknown == name
    assert TypeChoice(PRESETS["Q4_K"], {name: 1}).unknown is None


def test_rows_decide_what_fits() -> None:
    assert fitting(K.Q4_K, 512) == K.Q4_K
    assert fitting(K.Q4_K, 96) == K.Q5_0
    assert fitting(K.Q8_0, 96) == K.Q8_0
    assert fitting(K.Q4_0, 20) == K.F16
