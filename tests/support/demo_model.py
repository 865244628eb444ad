"""The demo model in 16 bits, made of the shipped file, to be quantized again."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from tests.support.project import PROJECT

DEMO = PROJECT / "model_artifacts" / "demo" / "llm-twin-demo-q8_0.gguf"
_OWN = {"general.architecture", "general.file_type", "general.quantization_version"}


def write_in_16_bits(path: Path) -> Path:
    reader, writer = gguf.GGUFReader(DEMO), gguf.GGUFWriter(path, "llama")
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name not in _OWN:
            element = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), field.types[0], element)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    for tensor in reader.tensors:
        weights = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(
            tensor.name, weights.astype(np.float32 if weights.ndim == 1 else np.float16)
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
