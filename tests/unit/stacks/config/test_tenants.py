"""[api]: the owners of what callers make, and the share that each may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stage_files import PROD, load, message


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
