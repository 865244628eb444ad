"""[api]: who owns what callers make, and what each may take."""

from __future__ import annotations

from pathlib import Path

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
