"""Commands on model files of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.decoder import write_decoder
from tests.support.model_files import SMALL_GGUF, entry, write_checkpoint
from twin.cli import app


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["model", *map(str, arguments)])
    return result.exit_code, result.stdout, str(result.exception or "")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "model", {"a": entry("BF16", [2, 4], 0, 16)}, 16)


def test_checkpoint_is_described(checkpoint: Path) -> None:
    (checkpoint / "README.md").write_text("---\nlicense: llama3.1\n---\n")
    status, out, _ = run("inspect", checkpoint, "--json")
    assert status == 0
    assert json.loads(out) == {
        "path": str(checkpoint),
        "format": "safetensors",
        "architecture": "LlamaForCausalLM",
        "parameters": 8,
        "weights_bytes": 16,
        "dtypes": ["BF16"],
        "quantization": None,
        "context_length": 131_072,
        "vocabulary": 128_256,
        "kv_bytes_per_token": 131_072,
        "license": "llama3.1",
        "runs_own_code": False,
        "engines": ["vllm", "lmi", "sglang", "tgi"],
    }


def test_gguf_file_is_described_for_people(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(SMALL_GGUF)
    status, out, _ = run("inspect", tmp_path / "m.gguf")
    assert status == 0
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert (lines["engines"], lines["license"], lines["quantization"]) == (
        "llama-cpp",
        "not said",
        "Q8_0",
    )


def test_model_that_could_run_code_is_refused(checkpoint: Path) -> None:
    (checkpoint / "pytorch_model.bin").touch()
    status, out, error = run("inspect", checkpoint)
    assert (status, out) == (1, "")
    assert "pytorch_model.bin: got a .bin file" in error


def test_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "gone: No such file" in run("inspect", tmp_path / "gone")[2]


def test_checkpoint_is_converted_quantized_and_measured(tmp_path: Path) -> None:
    write_decoder(tmp_path / "model", "qwen3")
    (tmp_path / "model" / "README.md").write_text("---\nlicense: mit\n---\n")
    file = tmp_path / "model.gguf"
    assert run("convert", tmp_path / "model", "--out", file)[:2] == (0, f"{file}\n")
    assert json.loads(run("inspect", file, "--json")[1])["license"] == "mit"

    text = tmp_path / "heldout.txt"
    text.write_text("ab" * 1200)
    asked = ("quantize", file, "--preset", "Q4_K_M", "--text", text, "--threads", 1)
    status, out, error = run(*asked, "--out", tmp_path / "out", "--json")

    assert (status, error) == (0, "")
    report = json.loads(out)
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    assert (tmp_path / "out" / "model-Q4_K_M.gguf").stat().st_size == report["target"]["size"]
    # Rows of 64 weights hold no block of 256.
    assert {fallback["used"] for fallback in report["fallbacks"]} == {"Q5_0", "Q8_0"}
    assert run("inspect", tmp_path / "out")[0] == 0


def test_quantizing_without_a_text_makes_no_report(tmp_path: Path) -> None:
    write_decoder(tmp_path / "model", "llama")
    run("convert", tmp_path / "model", "--out", tmp_path / "model.gguf")
    asked = ("quantize", tmp_path / "model.gguf", "--preset", "Q8_0", "--out", tmp_path / "out")
    assert run(*asked)[:2] == (0, f"{tmp_path / 'out' / 'model-Q8_0.gguf'}\n")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model-Q8_0.gguf"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--preset", "Q3_X"), "unknown preset 'Q3_X'; allowed: Q8_0, Q6_K"),
        (("--preset", "Q8_0", "--text", "/no/such"), "/no/such: No such file"),
    ],
)
def test_quantizing_says_what_is_wrong(tmp_path: Path, arguments, message: str) -> None:
    write_decoder(tmp_path / "model", "llama")
    run("convert", tmp_path / "model", "--out", tmp_path / "model.gguf")
    found = run("quantize", tmp_path / "model.gguf", "--out", tmp_path / "out", *arguments)
    assert message in found[2]


def test_checkpoint_of_another_architecture_is_refused_by_name(tmp_path: Path) -> None:
    write_decoder(tmp_path / "model", "llama")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    (tmp_path / "model" / "config.json").write_text(json.dumps(config | {"model_type": "gemma3"}))
    error = run("convert", tmp_path / "model", "--out", tmp_path / "model.gguf")[2]
    assert "model_type 'gemma3' is not supported; supported: 'llama', 'mistral'" in error
    assert not (tmp_path / "model.gguf").exists()
