"""The exit status, and what is looked at without credentials."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from doctor.examination import FAILURES, NOTHING_SEEN, examine, exit_status
from doctor.findings import Finding, Outcome
from doctor.surroundings import Surroundings
from tests.support import stage_files


def finding(check: str, outcome: Outcome) -> Finding:
    return Finding(outcome, "", check=check)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([], 0),
        ([("images", "ok"), ("quotas", "warning")], 0),
        ([("images", "ok"), ("quotas", "denied")], 0),
        ([("images", "failure"), ("quotas", "denied")], FAILURES),
        ([("credentials", "ok"), ("images", "denied"), ("quotas", "denied")], NOTHING_SEEN),
        ([("artifacts", "ok"), ("hub", "warning"), ("images", "denied")], NOTHING_SEEN),
        ([("credentials", "ok"), ("hub", "denied")], 0),
    ],
)
def test_the_status_follows_from_the_findings(
    found: list[tuple[str, Outcome]], status: int
) -> None:
    assert exit_status(finding(*one) for one in found) == status


@pytest.mark.parametrize("region", [None, "us-east-1"])
def test_without_a_sign_in_only_what_needs_none_is_looked_at(
    region: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "config").mkdir()
    around = Surroundings(boto3.Session(region_name=region), tmp_path, hub="http://127.0.0.1:1")
    config = stage_files.load(tmp_path, stage_files.PROD, async__webhook=None)

    credentials, hub = examine(around, config)

    assert (credentials.check, credentials.outcome) == ("credentials", "failure")
    assert ("no complete credentials" if region else "no region") in credentials.message
    assert (hub.check, hub.outcome) == ("hub", "denied")
