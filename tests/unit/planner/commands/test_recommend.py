"""`twin plan recommend`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planner.commands.app import app
from stacks.config import load_stage
from tests.support.project import PROJECT

CHAT = """
model = "llama-3.1-8b"
waits = true
people = 50
minutes_between = 2
tokens_in = 1200
tokens_out = 250
first_token_seconds = 2
per_token_ms = 50
"""


def run(*arguments: str, columns: int = 100) -> tuple[int, str]:
    environment = {"COLUMNS": str(columns)}
    result = CliRunner().invoke(app, ["recommend", *arguments], env=environment)
    return result.exit_code, result.output


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "needs.toml"
    path.write_text(CHAT, encoding="utf-8")
    return path


def test_a_file_of_needs_is_answered(chat: Path) -> None:
    code, output = run(str(chat))
    assert code == 0
    assert output.startswith("real-time, microservices, 1 x ml.g5.2xlarge, bf16: 1,106 USD")
    assert "[realtime.autoscaling]" in output
    assert "beside it, [async] and [batch] take what nobody waits for" in output


def test_the_stage_is_written_and_loads(chat: Path, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    out, report = tmp_path / "config" / "chat.toml", tmp_path / "report.html"
    assert run(str(chat), "--out", str(out), "--report", str(report))[0] == 0
    assert load_stage("chat", tmp_path).realtime.instance_type == "ml.g5.2xlarge"
    assert report.read_text().startswith("<!doctype html>")
    code, output = run(str(chat), "--out", str(out))
    assert code == 2
    assert "a file that is there" in output


def test_json_is_one_document(chat: Path) -> None:
    assert json.loads(run(str(chat), "--json")[1])["quantization"] == "bf16"


def test_a_budget_that_is_not_kept_is_status_3(chat: Path) -> None:
    chat.write_text(CHAT + "budget_usd_per_month = 10\n")
    assert run(str(chat))[0] == 3


def test_one_container_is_not_written(chat: Path, tmp_path: Path) -> None:
    chat.write_text(
        'model = "qwen3-0.6b"\nwaits = true\nrequests_per_second = 20\nanswer_seconds = 0.05\n'
        "tokens_in = 400\ntokens_out = 1\ncallers = 1\nfeatures_in_memory = true\n"
        'changes = "monthly"\n'
    )
    code, output = run(str(chat), "--out", str(tmp_path / "one.toml"))
    assert code == 2
    assert "must be left out" in output
    assert not (tmp_path / "one.toml").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("waits = maybe", "must be a TOML file of needs"),
        (CHAT + "requests_per_day = 3\n", "got both"),
        (CHAT.replace("llama-3.1-8b", "llama-9"), "did you mean"),
        (CHAT + 'instance = "ml.c7i.xlarge"\n', "no speeds for CPU instances"),
    ],
)
def test_bad_needs_are_a_line_and_status_2(chat: Path, text: str, message: str) -> None:
    chat.write_text(text)
    code, output = run(str(chat))
    assert code == 2
    assert message in output


def test_without_a_file_and_a_terminal_there_is_nobody_to_ask() -> None:
    code, output = run()
    assert code == 2
    assert "nobody to ask" in output


def test_a_file_of_needs_that_is_not_there_is_told_in_one_shape(tmp_path: Path) -> None:
    none = tmp_path / "none.toml"
    code, output = run(str(none), columns=500)
    assert code == 2
    assert f"error: {none}: No such file or directory; must be a TOML file of needs" in output


@pytest.mark.parametrize(("option", "name"), [("--out", "a.toml"), ("--report", "a.html")])
def test_a_folder_that_is_not_there_is_told_first(chat: Path, option: str, name: str) -> None:
    code, output = run(str(chat), option, str(chat.parent / "none" / name), columns=500)
    assert code == 2
    assert "got no folder" in output
    assert "real-time" not in output


def test_a_name_that_is_no_stage_is_refused(chat: Path) -> None:
    code, output = run(str(chat), "--out", "config/my stage.toml")
    assert code == 2
    assert "must be like config/NAME.toml" in output


def at_a_terminal(*answers: str) -> str:
    """Answer as people type: a line each, an empty one for the default."""
    leader, follower = os.openpty()
    try:
        asked = subprocess.Popen(
            [sys.executable, "-c", "from planner.commands.app import app; app()", "recommend"],
            stdin=follower,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        os.write(leader, "".join(f"{answer}\n" for answer in answers).encode())
        output, errors = asked.communicate(timeout=60)
    finally:
        os.close(leader)
        os.close(follower)
    assert asked.returncode == 0, errors
    return output


def test_at_a_terminal_it_asks() -> None:
    told = at_a_terminal("llama-3.1-8b", "1200", "250", "5000", "y", "", "50", "y", "y", "n")
    assert "real-time, microservices, 1 x ml.g5.2xlarge, bf16: 338 USD" in told


def test_at_a_terminal_it_asks_again_and_who_does_not_wait_says_by_when() -> None:
    told = at_a_terminal("llama-3.1-8b", "many", "12000", "800", "400", "n", "30", "", "n")
    assert "asynchronous, microservices, 0 to 1 x ml.g6e.xlarge, bf16: 177 USD" in told
