from __future__ import annotations

import hashlib

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from model_artifacts.packaging.half_precision import WeightsError, convert


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.safetensors"
    values = np.random.default_rng(0).standard_normal((300, 301)).astype(np.float32)
    save_file({"a": values, "b": np.float32([65504, 1e-8, 0.1]), "ids": np.array([1])}, path)
    return path


def test_float32_is_rounded_as_numpy_rounds(source, tmp_path):
    target = tmp_path / "target.safetensors"
    convert(source, hashlib.sha256(source.read_bytes()).hexdigest(), target)

    before, after = load_file(source), load_file(target)
    assert after.keys() == {"a", "b"}
    for name, values in after.items():
        assert values.dtype == np.float16
        assert np.array_equal(values, before[name].astype(np.float16))


def test_other_weights_are_refused(source, tmp_path):
    with pytest.raises(WeightsError, match="has the SHA-256"):
        convert(source, "0" * 64, tmp_path / "target.safetensors")
    assert not (tmp_path / "target.safetensors").exists()
