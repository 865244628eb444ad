"""A fake CDK command line in place of the pinned one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fake_cdk import FakeCdk


@pytest.fixture
def fake_cdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCdk:
    return FakeCdk.install(tmp_path, monkeypatch)
