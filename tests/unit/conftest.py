"""What unit tests share: a project to configure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.model_files import SMALL_GGUF


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project's root directory, with a file that passes for a GGUF model."""
    (tmp_path / "config").mkdir()
    demo = tmp_path / "model_artifacts" / "demo"
    demo.mkdir(parents=True)
    (demo / "tiny.gguf").write_bytes(SMALL_GGUF)
    return tmp_path
