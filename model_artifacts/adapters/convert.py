"""Conversion of a PEFT adapter to the GGUF file that llama.cpp applies to a model that it serves.

What is written: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-adapter.cpp
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.checkpoint import DecoderConfig, read_config
from model_artifacts.gguf.convert import as_llama_cpp_rotates
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.shapes import tensor_shapes
from model_artifacts.gguf.stored_tensors import StoredTensor, tensors_of
from model_artifacts.gguf.target import check_target, write_file
from model_artifacts.inspection.adapters.peft import PeftAdapter, halves, read_peft_adapter
from model_artifacts.inspection.config import CONFIG
from model_artifacts.inspection.errors import InspectionError


def convert_adapter(directory: Path, target: Path, base: Path | None = None) -> None:
    """Write a PEFT adapter as one GGUF file of 32-bit floats.

    Args:
        directory: of adapter_config.json and adapter_model.safetensors.
        target: the file.
        base: the model's directory, of which config.json is read; unless given, the one that
            adapter_config.json names.

    Raises:
        UnsupportedCheckpointError: The adapter or its base is not one that we convert, or the two
            do not belong together; nothing is written.
        UnwritableTargetError: The target cannot be written.
    """
    check_target(target)
    try:
        adapter = read_peft_adapter(directory)
    except InspectionError as error:
        raise UnsupportedCheckpointError(str(error)) from error
    config = read_config(_base(adapter, base))
    names = _gguf_names(adapter, config)
    tensors = [*tensors_of(adapter.weights)]
    writer = gguf.GGUFWriter(None, config.architecture.name)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    # llama.cpp divides it by the rank.
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, adapter.scale * adapter.rank)
    for tensor in tensors:
        size = int(np.prod(tensor.shape)) * np.dtype(np.float32).itemsize
        writer.add_tensor_info(_name(tensor, names), tensor.shape, np.dtype(np.float32), size)
    write_file(writer, target, _contents(tensors, config))


def _base(adapter: PeftAdapter, given: Path | None) -> Path:
    """Return the base's directory."""
    base = given or Path(adapter.base or ".")
    if given is None and not (base / CONFIG).is_file():
        raise UnsupportedCheckpointError(
            f"{adapter.weights.parent}: the base model is called {adapter.base!r}, which is no "
            "directory with a config.json; --base must name it"
        )
    return base


def _gguf_names(adapter: PeftAdapter, config: DecoderConfig) -> dict[str, str]:
    """Return GGUF's names of the base's tensors that the adapter updates."""
    known = gguf.get_tensor_name_map(config.architecture.gguf, config.num_hidden_layers)
    shapes, found = tensor_shapes(config), {}
    for update in adapter.updates:
        name = known.get_name(update.tensor, (".weight",))
        shape = shapes.get(name) if name else None
        if name is None or shape is None:
            raise UnsupportedCheckpointError(
                f"{adapter.weights}: {update.tensor} is not part of the base model, a "
                f"{config.model_type} of {config.num_hidden_layers} layers"
            )
        if shape != (update.outputs, update.inputs):
            raise UnsupportedCheckpointError(
                f"{adapter.weights}: the update of {update.tensor} is "
                f"{(update.outputs, update.inputs)}; by the base's config.json it must be {shape}"
            )
        found[update.tensor] = name
    return found


def _name(tensor: StoredTensor, names: dict[str, str]) -> str:
    base, half = halves(tensor.name) or ("", "")
    return f"{names[base]}.lora_{half.lower()}"


def _contents(tensors: list[StoredTensor], config: DecoderConfig) -> Iterator[NDArray[np.float32]]:
    for tensor in tensors:
        base, half = halves(tensor.name) or ("", "")
        stored = np.concatenate([values for _, values in tensor.rows()])
        # The rows of B are those of the base's matrix.
        yield as_llama_cpp_rotates(base, stored, config) if half == "B" else stored
