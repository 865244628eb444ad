"""The pinned CDK command line takes its region from where our commands look for it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from twin.cdk import cdk_command
from twin.environment import deploying_region, inherited

PROFILES = "[default]\nregion = eu-north-1\n[profile bare]\n"


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-central-1"),
        ({"AWS_PROFILE": "bare"}, "eu-north-1"),
    ],
)
def test_the_cdk_finds_the_region_that_commands_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], region: str
) -> None:
    (tmp_path / "config").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    app = f"echo $CDK_DEFAULT_REGION > {tmp_path}/told; exit 1"
    (tmp_path / "cdk.json").write_text(json.dumps({"app": app}))
    subprocess.run(cdk_command("synth"), cwd=tmp_path, env=inherited(), capture_output=True)

    assert (tmp_path / "told").read_text().strip() == deploying_region() == region
