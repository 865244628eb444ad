"""Tensors of a checkpoint, read from their files some rows at a time."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from model_artifacts.gguf import stored_tensors as module
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.stored_tensors import stored_tensors
from tests.support.llama_checkpoint import converted


def test_several_shards_are_read_as_one(checkpoint, tensors):
    (checkpoint / "model.safetensors").unlink()
    for shard, name in enumerate(tensors):
        save_file({name: tensors[name]}, checkpoint / f"model-{shard}.safetensors")
    assert {tensor.name for tensor in stored_tensors(checkpoint)} == tensors.keys()


def test_bfloat16_is_widened_exactly(checkpoint):
    header = b'{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    halves = np.array([1.5, -2.0], np.float32).view(np.uint32) >> 16
    content = len(header).to_bytes(8, "little") + header + halves.astype(np.uint16).tobytes()
    (checkpoint / "model.safetensors").write_bytes(content)
    (tensor,) = stored_tensors(checkpoint)
    ((rows, widened),) = tensor.rows()
    assert (rows, widened.tolist()) == (slice(0, 2), [1.5, -2.0])


def test_integer_weights_are_refused(checkpoint):
    save_file({"model.norm.weight": np.ones(2, np.int8)}, checkpoint / "model.safetensors")
    with pytest.raises(UnsupportedCheckpointError, match="I8; supported: F32, F16, BF16"):
        converted(checkpoint)


@pytest.mark.parametrize("elements", [1, 100, 2**22])
def test_rows_make_the_whole_however_many_are_read_at_once(
    checkpoint, tensors, monkeypatch, elements
):
    monkeypatch.setattr(module, "ROWS_ELEMENTS", elements)
    for tensor in stored_tensors(checkpoint):
        whole = np.concatenate([values for _, values in tensor.rows()])
        np.testing.assert_array_equal(whole, tensors[tensor.name])
