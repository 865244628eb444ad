"""Versions of the demo model that can be told apart, by the length of prompts or by nonsense."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
from asking import QUESTION

from twin.environment import PROJECT

_DEMO = PROJECT / "model_artifacts" / "demo"
_TEMPLATE = "tokenizer.chat_template"


def longer(directory: Path, words: int) -> Path:
    """Make a version whose template puts so many words before prompts; its check is any answer."""
    return _version(directory, {"max_seconds": 600}, words=words)


def nonsense(directory: Path) -> Path:
    """Make a version that takes each token for its neighbour, and is asked for sense."""
    return _version(directory, {"contains": "endpoint"}, shift=1)


def _version(directory: Path, expect: dict[str, object], *, words: int = 0, shift: int = 0) -> Path:
    shutil.copytree(_DEMO, directory)
    (file,) = directory.glob("*.gguf")
    changed = directory / "changed.gguf"
    _write(file, changed, words, shift)
    changed.replace(file)
    check = {"messages": QUESTION, "max_tokens": 40, "expect": expect}
    (directory / "golden.jsonl").write_text(json.dumps(check))
    return directory


def _write(source: Path, target: Path, words: int, shift: int) -> None:
    reader = gguf.GGUFReader(source)
    architecture = reader.get_field("general.architecture").contents()
    writer = gguf.GGUFWriter(target, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        value = field.contents()
        if field.name == _TEMPLATE:
            value = " ".join(["word"] * words) + value
        element = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, value, field.types[0], element)
    for tensor in reader.tensors:
        rows = np.roll(tensor.data, shift, axis=0) if tensor.name == "token_embd.weight" else None
        data = tensor.data if rows is None else rows
        writer.add_tensor(tensor.name, data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
