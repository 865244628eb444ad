"""`twin plan fit`, from a name or a directory to a table, a sum or a refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planner.commands.app import app
from tests.support.model_files import LLAMA
from tests.support.project import PROJECT


def run(*arguments: str, columns: int = 80) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["fit", *arguments], env={"COLUMNS": str(columns)})
    return result.exit_code, result.output


def test_all_instance_types_stand_in_80_columns() -> None:
    code, output = run("llama-3.1-8b", "--context", "8192")
    assert code == 0
    row = next(line for line in output.splitlines() if line.startswith("ml.g5.2xlarge"))
    assert "..." not in output
    assert len(row.split()) == 10


def test_one_instance_type_is_answered_with_the_sum() -> None:
    code, output = run(
        "llama-3.1-8b", "--instance", "ml.g6e.xlarge", "--context", "16384", columns=120
    )
    assert code == 0
    for label in ("usable", "weights", "the sampler's warm-up", "outside torch", "KV cache"):
        assert label in output


def test_a_gguf_file_is_read_offline() -> None:
    code, output = run(str(PROJECT / "model_artifacts" / "demo"), columns=200)
    assert code == 0
    assert "Q8_0" in output
    assert "from the files' headers" in output


def test_the_config_may_be_given(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(LLAMA | {"intermediate_size": 14_336}))
    code, output = run("my/tune", "--config", str(config), "--json")
    assert code == 0
    assert json.loads(output)["model"]["parameters"] == pytest.approx(8.03e9, rel=0.001)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("llama-3.1-8b", "--instance", "ml.g5.2xlarge"),
            "weights 14.96 + 131072 tokens of KV cache 16.00 + overhead",
        ),
        (("llama-3.1-8b", "--instance", "ml.g5.2xlarge"), "ml.g6e.xlarge"),
        (("qwen3-32b", "--instance", "ml.g5.12xlarge", "--tp", "3"), "GPUs; must be a quantized"),
        (("gpt-5",), "models: got 'gpt-5'; "),
        (("llama-3.1-8b", "--quantization", "int3"), "quantization: got 'int3'; must be one of"),
        (("llama-3.1-8b-awq", "--quantization", "fp8"), "whose weights are stored as awq"),
        (("llama-3.1-8b", "--instance", "ml.c7i.xlarge"), "no speeds for CPU instances"),
        (("llama-3.1-8b", "--tp", "99", "--instance", "ml.g5.xlarge"), "must be 1 to 1"),
        (("llama-3.1-8b", "--engine-version", "new"), "must be like 0.30"),
        (("llama-3.1-8b", "--gpu-memory-utilization", "nan"), "got nan; must be above 0"),
        (("llama-3.1-8b", "--tokens-in", "0"), "must be 1 to 10000000 each"),
        (("llama-3.1-8b", "--tokens-out", "99999999999"), "must be 1 to 10000000 each"),
        (("llama-3.1-8b", "--context", "200000"), "which was made for at most 131072"),
        (("",), "models: got ''"),
    ],
)
def test_refusals_are_one_line(arguments: tuple[str, ...], message: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    assert message in output
    assert output.count("\n") == 1


def test_where_it_fits_nowhere_the_reason_is_told() -> None:
    code, output = run("qwen3-8b", "--tp", "3", columns=200)
    assert code == 0
    assert "fits none; on ml.p5e.48xlarge: 3 GPUs: got 32 attention heads" in output


def test_more_gpus_than_some_types_have_leaves_those_out() -> None:
    code, output = run("qwen3-8b", "--tp", "4", "--context", "8192")
    assert code == 0
    assert "ml.g5.xlarge" not in output
    assert "ml.g5.12xlarge" in output
