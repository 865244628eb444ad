"""The local stage as `make up` left it."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.errors import UserError
from twin.local.running import local_outputs, local_settings


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("LOCALCLOUD_PORT", "abc", "^LOCALCLOUD_PORT: got 'abc'; Input should be a valid integer"),
        ("LOCALCLOUD_PROT", "4600", "^LOCALCLOUD_PROT: got '4600'; Extra inputs are not permitted"),
    ],
)
def test_a_wrong_variable_is_named(
    variable: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(variable, value)

    with pytest.raises(UserError, match=message):
        local_settings()


def test_a_stage_that_does_not_run_says_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LOCALCLOUD_DATA_DIR", str(tmp_path))

    with pytest.raises(UserError, match="is not running: start it with `make up`"):
        local_outputs()
