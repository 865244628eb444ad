"""A fake CDK command line in place of the pinned one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fake_cdk import NODE, FakeCdk
from twin import cdk


@pytest.fixture
def fake_cdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCdk:
    fake = FakeCdk(tmp_path)
    fake.cli.touch()
    fake.ends_with(0)
    node = tmp_path / "node"
    node.write_text(NODE)
    node.chmod(0o755)
    monkeypatch.setattr(cdk, "CLI", fake.cli)
    monkeypatch.setattr(cdk, "node_directory", lambda: tmp_path)
    return fake
