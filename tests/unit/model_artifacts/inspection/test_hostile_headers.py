"""Headers mutated at random: a report or InspectionError, and never anything else."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from model_artifacts.inspection.checkpoint import INDEX
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.report import ModelReport, inspect_model
from tests.support.model_files import LLAMA, SMALL_GGUF, entry, safetensors_bytes

ROUNDS = 1500
# Values at which lengths, counts and types turn.
_EDGES = (0, 1, 7, 8, 9, 127, 255, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
_WORDS = (
    b"null", b"true", b"-1", b"1e999", b"NaN", b"[]", b"{}", b'""', b'"\\ud800"', b"9" * 5000,
    b"[" * 3000, b'"../x"', b'"a\\u0000"',
)  # fmt: skip


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Change some bytes, cut some out, write an edge over some, or put a JSON word among them."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + chance.randint(1, 16)]
            case 2:
                width = chance.choice((1, 4, 8))
                edge = chance.choice(_EDGES) % 256**width
                changed[at : at + width] = edge.to_bytes(width, "little")
            case 3:
                changed[at:at] = chance.choice(_WORDS)
            case 4:
                changed[at : at + chance.randint(1, 8)] = chance.choice(_WORDS)
    return bytes(changed)


def outcome(path: Path) -> str:
    message = ""
    try:
        report = inspect_model(path)
    except InspectionError as error:
        message = str(error)
    if message:
        assert message.startswith(str(path))
        assert len(message.removeprefix(str(path))) < 1000
        assert message.encode()  # no lone surrogate, so that it can be printed
        return "refused"
    assert isinstance(report, ModelReport)
    assert report.weights_bytes >= 0
    assert report.kv_cache is None or report.kv_cache.bytes_per_token() >= 0
    return "read"


def test_gguf(tmp_path: Path) -> None:
    chance, path = random.Random(8), tmp_path / "model.gguf"
    seen = set()
    for _ in range(ROUNDS):
        path.write_bytes(mutated(SMALL_GGUF, chance))
        seen.add(outcome(path))
    assert seen == {"read", "refused"}


@pytest.mark.parametrize("name", ["config.json", INDEX, "model.safetensors"])
def test_checkpoint(tmp_path: Path, name: str) -> None:
    header = {"__metadata__": {"format": "pt"}, "a": entry("F32", [2], 0, 8)}
    quantization = {"quant_method": "awq", "bits": 4}
    files = {
        "config.json": json.dumps(LLAMA | {"quantization_config": quantization}).encode(),
        INDEX: json.dumps({"weight_map": {"a": "model.safetensors"}}).encode(),
        "model.safetensors": safetensors_bytes(header, 8),
    }
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    chance, seen = random.Random(name), {outcome(tmp_path)}
    for _ in range(ROUNDS):
        (tmp_path / name).write_bytes(mutated(files[name], chance))
        seen.add(outcome(tmp_path))
    assert seen == {"read", "refused"}
