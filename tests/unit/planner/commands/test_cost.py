"""`twin plan cost`."""

from __future__ import annotations

import json
import shutil
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from planner.commands.app import app
from tests.support.project import PROJECT


@pytest.fixture(autouse=True)
def _project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["cost", *arguments], env={"COLUMNS": "80"})
    return result.exit_code, result.output


def test_a_stage_is_priced_by_its_config() -> None:
    code, output = run("--stage", "prod")
    assert code == 0
    assert "5.21 a hour, 125.15 a day, 3,806.68 a month" in output


def test_json_is_one_document() -> None:
    code, output = run("--stage", "local", "--json")
    assert code == 0
    assert json.loads(output)["loads"][0]["usd"]["hour"] == pytest.approx(0.2179, abs=0.001)


def test_a_region_without_prices_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    path = tmp_path / "config" / "prod.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('# region = "us-east-1"', 'region = "us-west-2"'))
    monkeypatch.chdir(tmp_path)
    code, output = run("--stage", "prod")
    assert code == 2
    assert "region: got 'us-west-2', which has no prices here" in output


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials anywhere: neither in the environment nor at home nor of an instance."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.mark.usefixtures("nobody")
def test_prices_without_credentials_are_a_sentence() -> None:
    code, output = run("--stage", "prod", "--prices")
    assert code == 2
    assert "error: --prices: got Unable to locate credentials; must have" in output


class _Refusing(BaseHTTPRequestHandler):
    """The Price List API to who may not ask it."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"__type": "AccessDeniedException", "Message": "not authorized"}'
        self.send_response(400)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.usefixtures("nobody")
def test_prices_without_permission_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        code, output = run("--stage", "prod", "--prices")
    assert code == 2
    assert "AccessDeniedException" in output
    assert "credentials that may call pricing:GetProducts, or leave it out" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--stage", "nowhere"), "stage: got 'nowhere'"),
        (("--stage", "prod", "--requests-per-hour", "-3"), "requests per hour: got -3"),
        (
            ("--stage", "prod", "--requests-per-hour", "3", "--trace", "t.csv"),
            "--requests-per-hour beside --trace",
        ),
        (
            ("--stage", "prod", "--tokens", "3", "--held-seconds", "1", "--trace", "t.csv"),
            "--tokens and --held-seconds beside --trace: got both",
        ),
        (("--stage", "tiny", "--background-per-hour", "1"), "stage 'tiny' has no [async]"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments: tuple[str, ...], message: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    assert message in output
