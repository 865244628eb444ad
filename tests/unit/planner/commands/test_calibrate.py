"""`twin plan calibrate`, from a CSV to a file that `simulate` takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planner.commands.app import app

RUN = """concurrency,input_tokens,output_tokens,e2e_seconds,ttft_seconds
1,512,256,8.9,0.15
8,512,256,10.4,0.7
32,512,256,15.2,2.6
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.csv"
    path.write_text(RUN)
    return path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_a_run_becomes_a_speed_that_simulate_takes(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "speeds.toml"
    pair = ("--model", "qwen3-8b", "--instance", "ml.g6e.xlarge")
    code, output = run("calibrate", str(results), *pair, "--out", str(out))
    assert code == 0, output
    assert "error: mean" in output
    quick = ("--rate", "1", "--hours", "0.1", "--policy", "fixed:1")
    code, output = run("simulate", *pair, "--speeds", str(out), *quick)
    assert code == 0, output
    assert "speed: measured: 3 levels, 512 in, 256 out, error: mean" in output


def test_the_error_is_told_as_json_too(results: Path) -> None:
    code, output = run(
        "calibrate", str(results), "--model", "qwen3-8b", "--instance", "ml.g6e.xlarge", "--json"
    )
    assert code == 0
    assert [level["concurrency"] for level in json.loads(output)["levels"]] == [1, 8, 32]


def test_a_file_that_is_there_is_not_written_over(results: Path) -> None:
    pair = ("--model", "qwen3-8b", "--instance", "ml.g6e.xlarge")
    code, output = run("calibrate", str(results), *pair, "--out", str(results))
    assert code == 2
    assert "a file that is there; must be a new one" in output
    assert results.read_text() == RUN
