"""model.artifacts: weights that no engine would load are refused at synth, by their headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_files import (
    LLAMA,
    SMALL_GGUF,
    entry,
    gguf_bytes,
    safetensors_bytes,
    string,
    uint32,
)
from tests.support.stage_files import LOCAL, load, message

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4000000\n"
WEIGHTS = safetensors_bytes({"a": entry("F32", [2], 0, 8)}, 8)
CONFIG = json.dumps(LLAMA).encode()
ADAPTER_GGUF = gguf_bytes(
    [string("general.architecture", "llama"), string("general.type", "adapter")], []
)
GPU = {
    "model__engine": "vllm",
    "realtime__instance_type": "ml.g6.xlarge",
    "async": None,
    "batch": None,
}

Files = dict[str, bytes]


@pytest.fixture
def put(root: Path) -> Callable[[Files], None]:
    """Puts these files, and no other, where the local stage has its artifacts."""

    def put(files: Files) -> None:
        directory = root / LOCAL["model"]["artifacts"]
        for old in directory.iterdir():
            old.unlink()
        for name, content in files.items():
            (directory / name).parent.mkdir(exist_ok=True)
            (directory / name).write_bytes(content)

    return put


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"model.gguf": POINTER}, "got a git-lfs pointer; must be the file itself"),
        ({"model.gguf": b"GGML" + SMALL_GGUF[4:]}, "must begin with b'GGUF'"),
        ({"model.gguf": SMALL_GGUF[:-40]}, "model.gguf: "),
        ({"a.gguf": SMALL_GGUF, "b.gguf": SMALL_GGUF}, "got 2 GGUF files, of which the container"),
        ({"a.gguf": SMALL_GGUF, "sub/b.gguf": SMALL_GGUF}, "got 2 GGUF files, of which"),
        (
            {"m-00001-of-00002.gguf": SMALL_GGUF, "m-00002-of-00002.gguf": SMALL_GGUF},
            "any; must be",
        ),
        ({"lora.gguf": ADAPTER_GGUF}, "general.type': got 'adapter'; must be model"),
    ],
)
def test_gguf_that_is_no_model_is_refused(
    root: Path, put: Callable[[Files], None], files: Files, expected: str
) -> None:
    put(files)
    text = message(root, LOCAL)
    assert text.startswith("config/test.toml: model.artifacts: ")
    assert expected in text


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"config.json": CONFIG, "model.safetensors": POINTER}, "got a git-lfs pointer"),
        ({"model.safetensors": WEIGHTS}, "config.json: No such file"),
        ({"config.json": POINTER, "model.safetensors": WEIGHTS}, "got a git-lfs pointer"),
        ({"config.json": CONFIG, "model.safetensors": WEIGHTS[:-1]}, "model.safetensors: "),
        (
            {
                "config.json": b'{"model_type": "llama", "model_type": "x"}',
                "a.safetensors": WEIGHTS,
            },
            "key 'model_type' stands twice",
        ),
        (
            {"adapter_config.json": b"{}", "adapter_model.safetensors": WEIGHTS},
            "adapter_config.json: got an adapter where a model is expected",
        ),
        (
            {
                "adapter_config.json": b"{}",
                "adapter_model.safetensors": WEIGHTS,
                "config.json": CONFIG,
            },
            "adapter_config.json: got an adapter where a model is expected",
        ),
        (
            {
                "config.json": CONFIG,
                "model-00001-of-00002.safetensors": WEIGHTS,
                "model.safetensors.index.json": json.dumps(
                    {
                        "weight_map": {
                            "a": "model-00001-of-00002.safetensors",
                            "b": "model-00002-of-00002.safetensors",
                        }
                    }
                ).encode(),
            },
            "model-00002-of-00002.safetensors: No such file",
        ),
    ],
)
def test_checkpoint_that_no_engine_loads_is_refused(
    root: Path, put: Callable[[Files], None], files: Files, expected: str
) -> None:
    put(files)
    assert expected in message(root, LOCAL, **GPU)


def test_checkpoint_is_served_whatever_lies_beside_it(
    root: Path, put: Callable[[Files], None]
) -> None:
    put(
        {
            "config.json": CONFIG,
            "model.safetensors": WEIGHTS,
            "model.gguf": POINTER,
            "lora/adapter_config.json": b"{}",
        }
    )
    assert load(root, LOCAL, **GPU).model.engine == "vllm"


def test_one_of_several_gguf_files_is_named_by_the_engines_flag(
    root: Path, put: Callable[[Files], None]
) -> None:
    put({"a.gguf": ADAPTER_GGUF, "b.gguf": SMALL_GGUF})
    for name in ("model", "MODEL"):
        load(root, LOCAL, model__flags={name: "/opt/ml/model/b.gguf"})
    assert "got 'adapter'" in message(root, LOCAL, model__flags={"model": "/opt/ml/model/a.gguf"})
    text = message(root, LOCAL, model__flags={"model": "b.gguf"})
    assert "model.flags.model: got 'b.gguf'; must be /opt/ml/model/a.gguf, /opt/ml/model/b" in text


def test_split_model_is_loaded_by_its_first_file(root: Path, put: Callable[[Files], None]) -> None:
    first = gguf_bytes([string("general.architecture", "llama"), uint32("split.count", 2)], [])
    put({"m-00001-of-00002.gguf": first, "m-00002-of-00002.gguf": SMALL_GGUF})
    load(root, LOCAL, model__flags={"model": "/opt/ml/model/m-00001-of-00002.gguf"})
    (root / LOCAL["model"]["artifacts"] / "m-00002-of-00002.gguf").unlink()
    assert "m-00002-of-00002.gguf: No such file" in message(root, LOCAL)


@pytest.mark.parametrize(
    ("config", "changes", "expected"),
    [
        (
            {},
            {"model__context_length": 131_073},
            "context_length: got 131073; must be at most 131",
        ),
        (
            {"quantization_config": {"quant_method": "awq", "bits": 4}},
            {"model__quantization": "fp8"},
            "quantization: got 'fp8'; must be left out: the weights are stored quantized (awq)",
        ),
        ({}, {"model__context_length": 131_072}, None),
        ({}, {"model__context_length": 200_000, "model__flags": {"hf-overrides": {}}}, None),
        (
            {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}},
            {"model__context_length": 200_000},
            None,
        ),
        (
            {"rope_parameters": {"full_attention": {"rope_type": "yarn"}}},
            {"model__context_length": 200_000},
            None,
        ),
        (
            {"quantization_config": {"quant_method": "fp8"}},
            {"model__quantization": "fp8"},
            None,
        ),
    ],
)
def test_what_the_models_own_config_rules_out_is_refused(
    root: Path,
    put: Callable[[Files], None],
    config: dict[str, Any],
    changes: dict[str, Any],
    expected: str | None,
) -> None:
    put({"config.json": json.dumps(LLAMA | config).encode(), "model.safetensors": WEIGHTS})
    changes = {"model__flags": {}, **GPU, **changes}
    if expected is None:
        load(root, LOCAL, **changes)
    else:
        assert f"config/test.toml: model.{expected}" in message(root, LOCAL, **changes)
