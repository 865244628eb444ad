"""The command, from a trace file to a report."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planner.cli import app
from stacks.config import AutoscalingConfig

SMALL = ["simulate", "--traffic", "poisson", "--rate", "1", "--hours", "0.2"]


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*SMALL, *arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_one_policy_is_answered_with_numbers() -> None:
    code, output = run("--policy", "fixed:2")
    assert code == 0
    for label in ("within SLO", "first token p95", "end to end p99", "GPU-hours", "USD"):
        assert label in output


def test_the_same_seed_prints_the_same_answer() -> None:
    assert run("--seed", "4") == run("--seed", "4")


def test_policies_stand_side_by_side_in_a_report_without_other_files(tmp_path: Path) -> None:
    code, output = run("--policy", "fixed:1", "--policy", "book", "--out", str(tmp_path))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert code == 0
    assert "report.html" in output
    assert page.count("data:image/png;base64,") == 2
    assert 'src="http' not in page
    assert (tmp_path / "simulation.png").read_bytes().startswith(b"\x89PNG")


def test_the_search_prints_a_section_that_config_accepts() -> None:
    code, output = run("--search", "--share", "0.97")
    assert code == 0, output
    section = output[output.index("[realtime.autoscaling]") :]
    values = tomllib.loads(section)["realtime"]["autoscaling"]
    assert AutoscalingConfig(**values).max_instances >= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "gpt"), "error: models: got 'gpt'"),
        (("--policy", "hope"), "error: policy: got 'hope'"),
        (("--trace", "/nowhere.csv"), "error: trace: got '/nowhere.csv'; must be a file"),
        (("--share", "nan"), "error: share: got nan; must be above 0 and below 1"),
        (("--rate", "nan"), "error: traffic: got nan requests per second for 720.0 s; both must"),
        (("--rate", "inf"), "error: traffic: got inf requests per second"),
        (("--hours", "-1"), "error: traffic: got 1.0 requests per second for -3600.0 s"),
        (("--hours", "1e9"), "make at most 100,000,000 requests"),
        (("--seed", "-1"), "error: seed: got -1; must be 0 or more"),
        (("--first-token", "0"), "error: first token: got 0.0 s; must be above 0"),
        (("--per-token", "nan"), "error: per token: got nan s; must be above 0"),
        (("--policy", "concurrency:inf"), "target: got inf; must be above 0"),
        (("--policy", "concurrency:5000"), "which can never be reached: 32 decode at once"),
        (("--policy", "fixed:100000"), "must rise, from 0 or more to 1 or more, at most 1000"),
        (("--model", "llama-3.3-70b"), "'llama-3.3-70b' does not fit ml.g5.2xlarge: weights"),
        (("--instance", "ml.g5.3xlarge"), "instances: got 'ml.g5.3xlarge'; did you mean ml.g5"),
        (("--stage", "nope"), "error: stage: got 'nope'; must be"),
        (("--out", __file__), "test_cli.py'; must be a folder"),
        (("--out", f"{__file__}/report"), "Not a directory: "),
        (("--share", "2"), "error: share: got 2.0; must be above 0 and below 1"),
        (
            ("--cold-start", "pray"),
            "error: cold start: got 'pray'; must be one of reject, hold, queue",
        ),
        (("--search", "--first-token", "0.01"), "error: search: no policy keeps 99.0%"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    assert message in output
