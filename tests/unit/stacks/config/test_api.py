"""[api]: which web pages may call, who owns what callers make, and what each may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stage_files import PROD, load, message


def test_no_page_may_call_by_default(root: Path) -> None:
    assert load(root, PROD).api.cors_origins == []


@pytest.mark.parametrize(
    "origins",
    [["*"], ["https://app.example.com", "http://localhost:3000"], ["http://127.0.0.1:8080"]],
)
def test_origins_are_written_as_browsers_write_them(root: Path, origins: list[str]) -> None:
    assert load(root, PROD, api__cors_origins=origins).api.cors_origins == origins


@pytest.mark.parametrize(
    "origin",
    [
        "app.example.com",
        "https://app.example.com/",
        "https://*.example.com",
        "https://app.example.com:port",
        "null",
        "",
        "HTTPS://App.example.com",
    ],
)
def test_what_no_browser_sends_is_refused(root: Path, origin: str) -> None:
    assert "api.cors_origins" in message(root, PROD, api__cors_origins=[origin])


def test_every_origin_beside_some_is_refused(root: Path) -> None:
    told = message(root, PROD, api__cors_origins=["*", "https://app.example.com"])
    assert '"*" allows every origin already' in told


def test_no_stream_is_waited_for_longer_than_sagemaker_lets_it_run(root: Path) -> None:
    said = message(root, PROD, api__model_timeout_seconds=481)

    assert "api.model_timeout_seconds: got 481; must be less than or equal to 480" in said


def test_keys_own_what_they_make(root: Path) -> None:
    assert load(root, PROD).api.caller_identity == "key"


@pytest.mark.parametrize("owner", ["session", "role"])
def test_with_iam_the_owner_is_chosen(root: Path, owner: str) -> None:
    api = load(root, PROD, api__auth="iam", api__iam_owner=owner).api
    assert api.caller_identity == owner


def test_with_iam_there_is_no_silent_owner(root: Path) -> None:
    said = message(root, PROD, api__auth="iam")
    assert 'config/test.toml: api.iam_owner: must be "session" or "role"' in said
    assert "a new session of a role finds nothing of the one before" in said
    assert "all users of a single sign-on role share" in said


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"api__iam_owner": "role"}, "got 'role'; must be left out with auth = \"key\""),
        ({"api__auth": "iam", "api__iam_owner": "user"}, "got 'user'; must be 'session' or 'role'"),
    ],
)
def test_an_owner_that_cannot_be_is_refused(
    root: Path, changes: dict[str, str], expected: str
) -> None:
    assert f"api.iam_owner: {expected}" in message(root, PROD, **changes)


def test_a_key_has_half_of_the_stage_unless_config_says_otherwise(root: Path) -> None:
    api = load(root, PROD, api__throttle_rate=5, api__throttle_burst=3).api
    assert (api.key_rate, api.key_burst) == (2.5, 1)
    stated = {"throttle_rate": 19.5, "throttle_burst": 39}
    api = load(root, PROD, api__limits=stated).api
    assert (api.key_rate, api.key_burst) == (19.5, 39)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"api__limits": {"throttle_rate": 20}}, "throttle_rate: got 20; must be below throttle_r"),
        ({"api__limits": {"throttle_burst": 41}}, "throttle_burst: got 41; must be below throttle"),
        (
            {
                "api__auth": "iam",
                "api__iam_owner": "role",
                "api__limits": {"throttle_rate": 1},
            },
            'throttle_rate: must be left out with auth = "iam", which has no usage plan',
        ),
        (
            {"api__limits": {"open_batches": 0}},
            "open_batches: got 0; must be greater than or",
        ),
        (
            {"api__limits": {"stored_files": 5001}},
            "stored_files: got 5001; must be less than or",
        ),
    ],
)
def test_limits_that_cannot_be_are_refused(
    root: Path, changes: dict[str, Any], expected: str
) -> None:
    assert f"api.limits.{expected}" in message(root, PROD, **changes)


def test_a_stages_burst_leaves_room_for_a_keys(root: Path) -> None:
    assert "api.throttle_burst: got 1" in message(root, PROD, api__throttle_burst=1)
