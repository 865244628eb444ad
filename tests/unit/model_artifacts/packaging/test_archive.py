"""An archive holds a manifest's files, and is the same bytes wherever it is packed."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from model_artifacts.packaging.archive import pack
from model_artifacts.packaging.manifest import Manifest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "weights"
    (directory / "sub").mkdir(parents=True)
    for name in ("model.gguf", "sub/tokenizer.json", ".DS_Store"):
        (directory / name).write_text(name)
    return directory


def test_the_archive_unpacks_to_the_directory(directory: Path, tmp_path: Path) -> None:
    pack(Manifest.of(directory), tmp_path / "model.tar.gz")
    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        assert tar.getnames() == ["model.gguf", "sub/tokenizer.json"]
        member = tar.extractfile("sub/tokenizer.json")
        assert member is not None
        assert member.read() == b"sub/tokenizer.json"


def test_the_same_files_are_the_same_bytes(directory: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.tar.gz", tmp_path / "again.tar.gz"
    pack(Manifest.of(directory), first)
    os.utime(directory / "model.gguf", (0, 0))
    (directory / "model.gguf").chmod(0o600)
    pack(Manifest.of(directory), again)
    assert first.read_bytes() == again.read_bytes()
