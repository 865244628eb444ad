"""Adapters are read by their headers, and held against their base."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_artifacts.adapters.convert import convert_adapter
from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.inspection.adapters.peft import read_peft_adapter
from model_artifacts.inspection.adapters.report import inspect_gguf_adapter, inspect_peft_adapter
from model_artifacts.inspection.errors import InspectionError
from tests.support.decoder import random_tensors, write_decoder
from tests.support.lora import CONFIG, RANK, write_adapter
from tests.support.model_files import entry, write_safetensors


@pytest.fixture
def base(tmp_path: Path) -> Path:
    write_decoder(tmp_path / "base", "llama")
    return tmp_path / "base"


def test_adapter_of_the_base_tells_its_rank(base: Path) -> None:
    write_adapter(base / "paul", random_tensors("llama"))
    assert inspect_peft_adapter(base / "paul", base).rank == RANK


def test_converted_adapter_of_the_base_tells_its_rank(base: Path, tmp_path: Path) -> None:
    write_adapter(base / "paul", random_tensors("llama"))
    convert(base, tmp_path / "model.gguf", ModelInfo("random"))
    convert_adapter(base / "paul", base / "paul" / "adapter.gguf", base)
    report = inspect_gguf_adapter(base / "paul", tmp_path / "model.gguf")
    assert (report.path, report.rank) == (base / "paul" / "adapter.gguf", RANK)


def test_adapter_of_another_model_is_refused(base: Path) -> None:
    write_adapter(base / "paul", random_tensors("qwen2"))
    with pytest.raises(InspectionError, match=r"got an update of \(128, 128\); must be \(64, 128"):
        inspect_peft_adapter(base / "paul", base)
    write_adapter(base / "paul", random_tensors("llama", layers=3))
    with pytest.raises(InspectionError, match=r"layers\.2.*, which the base model does not have"):
        inspect_peft_adapter(base / "paul", base)


def test_converted_adapter_of_another_architecture_is_refused(base: Path, tmp_path: Path) -> None:
    write_decoder(tmp_path / "qwen", "qwen2")
    convert(tmp_path / "qwen", tmp_path / "qwen.gguf", ModelInfo("random"))
    write_adapter(base / "paul", random_tensors("llama"))
    convert_adapter(base / "paul", base / "paul" / "adapter.gguf", base)
    with pytest.raises(InspectionError, match=r"architecture: got 'llama'; must be 'qwen2'"):
        inspect_gguf_adapter(base / "paul", tmp_path / "qwen.gguf")


def test_model_in_the_place_of_an_adapter_is_refused(base: Path, tmp_path: Path) -> None:
    convert(base, tmp_path / "model.gguf", ModelInfo("random"))
    with pytest.raises(InspectionError, match=r"general\.type: got none; must be 'adapter'"):
        inspect_gguf_adapter(tmp_path, tmp_path / "model.gguf")
    with pytest.raises(InspectionError, match="got 0 GGUF files; must be one adapter"):
        inspect_gguf_adapter(base, tmp_path / "model.gguf")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"peft_type": "IA3"}, "peft_type: got 'IA3'; must be 'LORA'"),
        ({"use_dora": True}, "use_dora: got True; must be False or left out"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save: got a list of 1; must be "),
        ({"rank_pattern": {"q_proj": 8}}, "rank_pattern: got an object; must be {} or left out"),
        ({"target_modules": None}, "target_modules: got none; must be there"),
        ({"r": 0}, "r: got 0; must be 1 to 4096"),
        ({"lora_alpha": "8"}, "lora_alpha: got '8'; must be a number above 0"),
        ({"lora_alpha": None}, "lora_alpha: got none; must be a number above 0"),
        ({"r": 8}, "got rank 4; must be 8, as adapter_config.json says"),
    ],
)
def test_what_is_more_than_plain_lora_is_refused(tmp_path: Path, change, message: str) -> None:
    write_adapter(tmp_path, random_tensors("llama"))
    (tmp_path / "adapter_config.json").write_text(json.dumps(CONFIG | change))
    with pytest.raises(InspectionError, match=message):
        read_peft_adapter(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["lora_embedding_A"], "got tensor 'base_model.model.a.lora_embedding_A.weight'; must be"),
        (["lora_A"], r"got A \(1, 1\) and B nowhere; must be"),
        ([], "got no LoRA matrices"),
    ],
)
def test_other_tensors_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps(CONFIG))
    header = {f"base_model.model.a.{name}.weight": entry("F32", [1, 1], 0, 4) for name in names}
    write_safetensors(tmp_path / "adapter_model.safetensors", header, 4 * len(names))
    with pytest.raises(InspectionError, match=message):
        read_peft_adapter(tmp_path)


def test_weights_that_can_run_code_are_none(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "adapter_model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(InspectionError, match=r"adapter_model\.safetensors: No such file"):
        read_peft_adapter(tmp_path)
