"""The command prints what OpenAI's clients read from the environment, and asks AWS nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from localcloud.sagemaker.inference.bearer_token import PREFIX
from tests.support import stage_files
from twin.cli import app
from twin.commands import stages


@pytest.fixture(autouse=True)
def checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stages of a checkout of their own; credentials of a user, and no network to use them on."""
    monkeypatch.setattr(stages, "PROJECT", tmp_path)
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    return tmp_path


@pytest.mark.parametrize(
    ("scaling", "path"),
    [
        ({"max_instances": 2}, "twin-test"),
        (
            {"scale_to_zero": True, "max_instances": 2},
            "twin-test/inference-components/twin-test",
        ),
    ],
)
@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "runtime.sagemaker.eu-west-1.amazonaws.com"),
        ("cn-north-1", "runtime.sagemaker.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_stage_needs_not_be_asked_for(
    checkout: Path, scaling: dict[str, object], path: str, region: str, host: str
):
    changes = {
        "realtime__autoscaling": scaling,
        "realtime__deployment": {"strategy": "all-at-once"},
        **stage_files.ALONE,
    }
    stage_files.write(checkout / "config" / "test.toml", stage_files.PROD, **changes)
    shown = CliRunner().invoke(
        app, ["token", "--stage", "test"], env={"AWS_DEFAULT_REGION": region}
    )

    assert shown.exception is None, shown.exception
    url, key = shown.stdout.splitlines()

    assert url == f"OPENAI_BASE_URL=https://{host}/endpoints/{path}/openai/v1"
    assert key.startswith(f"OPENAI_API_KEY={PREFIX}")


@pytest.mark.parametrize("hours", ["0", "13", "half"])
def test_a_token_lives_at_most_half_a_day(hours: str):
    shown = CliRunner().invoke(app, ["token", "--stage", "test", "--hours", hours])

    assert shown.exit_code == 2
    assert "--hours" in shown.output
    assert PREFIX not in shown.output
