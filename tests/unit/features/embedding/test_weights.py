from __future__ import annotations

import hashlib

import numpy as np
from safetensors.numpy import save_file

from features.embedding.weights import read_tensors


def test_tensors_of_floats_are_read_as_float32_and_others_left_out(tmp_path):
    path = tmp_path / "model.safetensors"
    values = np.array([[1.5, -2.0]], np.float16)
    save_file({"half": values, "single": np.float32([3]), "ids": np.array([1])}, path)

    tensors, digest = read_tensors(path)

    assert sorted(tensors) == ["half", "single"]
    assert tensors["half"].dtype == np.float32
    assert tensors["half"].tolist() == [[1.5, -2.0]]
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
