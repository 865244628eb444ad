"""A small checkpoint to convert."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.support.llama_checkpoint import CONFIG, SHAPES, TOKENIZER


@pytest.fixture
def tensors():
    random = np.random.default_rng(0)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


@pytest.fixture
def checkpoint(tmp_path: Path, tensors):
    directory = tmp_path / "checkpoint"
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps(CONFIG))
    (directory / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (directory / "chat_template.jinja").write_text("{{ messages }}")
    save_file(tensors, directory / "model.safetensors")
    return directory
