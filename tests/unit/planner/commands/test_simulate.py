"""The command, from a trace file to a report."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planner.commands.app import app
from stacks.config import AutoscalingConfig

SMALL = ["simulate", "--rate", "1", "--hours", "0.2"]


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


def test_a_trace_that_is_not_there_is_refused() -> None:
    result = CliRunner().invoke(app, ["simulate", "--trace", "/nowhere.csv"])
    assert result.exit_code == 2
    assert "error: trace: got '/nowhere.csv'; must be a file" in result.output


def test_a_search_in_vain_prints_the_nearest_policy_and_ends_with_3() -> None:
    code, output = run("--search", "--first-token", "0.06")
    assert code == 3
    assert "no policy keeps 99.0% of requests within the objective; the nearest" in output
    assert "# misses the objective" in output
    assert "ceiling: 100.0% of requests miss the objective even alone" in output


def test_a_comparison_without_a_fixed_count_that_will_do_still_compares(tmp_path: Path) -> None:
    code, output = run("--compare", "--first-token", "0.2", "--out", str(tmp_path))
    assert code == 0
    assert "fixed: none up to 64" in output
    assert "clairvoyant" in output
    assert "fixed: none up to 64" in (tmp_path / "report.html").read_text()


def test_one_document_says_what_everything_rests_on(tmp_path: Path) -> None:
    code, output = run("--policy", "fixed:2", "--json", "--out", str(tmp_path))
    found = json.loads(output)
    assert code == 0
    assert found["question"]["policies"] == ["fixed:2"]
    assert found["assumptions"]["reaction_delay"] == 35
    assert found["provenance"]["speed"].startswith(
        "measured by AWS, 2026-01-09; fitted, mean error"
    )
    assert "2026-09" in found["provenance"]["price"]
    assert found["outcomes"][0]["first_token"].keys() == {"p50", "p95", "p99"}
    page = (tmp_path / "report.html").read_text()
    assert "us-east-1, on demand, 2026-09" in page
    assert "reaction delay" in page


def test_a_stage_is_simulated_with_the_model_that_it_serves() -> None:
    code, output = run("--stage", "prod")
    assert code == 0, output
    assert "twin-llama-3.1-8b on ml.g6e.xlarge (speed estimated from data sheets)" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "gpt"), "error: models: got 'gpt'"),
        (("--policy", "hope"), "error: policy: got 'hope'"),
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
        (("--out", __file__), "test_simulate.py'; must be a folder"),
        (("--out", f"{__file__}/report"), "report: Not a directory"),
        (("--share", "2"), "error: share: got 2.0; must be above 0 and below 1"),
        (
            ("--cold-start", "pray"),
            "error: cold start: got 'pray'; must be one of reject, hold, queue",
        ),
        (("--stage", "prod", "--instance", "ml.g5.xlarge"), "beside --stage prod: got both"),
        (("--stage", "prod", "--model", "qwen3-8b"), "--model qwen3-8b beside --stage prod"),
        (("--stage", "local"), "got 'ml.c7i.xlarge'; there are no speeds for CPU instances"),
        (("--trace", "day.csv"), "--rate and --hours beside --trace: got both"),
        (("--prefix-cached", "1.5"), "error: prefix cached: got 1.5; must be from 0 to 1"),
        (("--model", "org/unheard-of"), "its config is not on this machine; give it with --config"),
        (("--speeds", "/nowhere.toml"), "/nowhere.toml: "),
        (("--learn-from", "day.csv"), "--learn-from day.csv without --search: got it alone"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    assert message in output


def test_a_policy_is_refused_before_the_traffic_is_read() -> None:
    assert "ceiling" not in run("--policy", "fixed:0")[1]
