"""The demo model made as slow as a real one: its layers, many times over. It talks nonsense."""

from __future__ import annotations

import shutil
from pathlib import Path

import gguf

from twin.environment import PROJECT

DEPTH = 24
"""Copies of each layer in the slow model: about a hundred tokens a second on one core."""


def checkout_with_slow_model(directory: Path) -> Path:
    """A checkout that deploys the slow model and is otherwise this one."""
    shutil.copy(PROJECT / "app.py", directory)
    for name in ("cdk.json", "config", "stacks", "lambda_api", ".build"):
        (directory / name).symlink_to(PROJECT / name)
    demo = directory / "model_artifacts" / "demo"
    demo.mkdir(parents=True)
    (source,) = (PROJECT / "model_artifacts" / "demo").glob("*.gguf")
    deepen(source, demo / "slow.gguf")
    return directory


def deepen(source: Path, target: Path) -> None:
    """Write the model with each of its layers `DEPTH` times."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, "llama")
    layers = 0
    for field in reader.fields.values():
        value = field.contents()
        if field.name == "llama.block_count":
            layers, value = value, value * DEPTH
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            element = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, value, field.types[0], element)
    for tensor in reader.tensors:
        for name in _names(tensor.name, layers):
            writer.add_tensor(name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _names(name: str, layers: int) -> list[str]:
    if not name.startswith("blk."):
        return [name]
    _, layer, rest = name.split(".", 2)
    return [f"blk.{int(layer) + layers * n}.{rest}" for n in range(DEPTH)]
