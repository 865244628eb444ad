"""A model directory's digest follows from the names and the content of its files alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model_artifacts.packaging.manifest import Manifest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name in ("sub/tokenizer.json", "model.gguf", "sub.json"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_files_have_names_within_the_directory(directory: Path) -> None:
    assert Manifest.of(directory).files == {
        name: directory / name for name in ("model.gguf", "sub.json", "sub/tokenizer.json")
    }


def test_hidden_files_stay_behind(directory: Path) -> None:
    before = Manifest.of(directory)
    (directory / ".git").mkdir()
    for name in (".DS_Store", ".git/config", "sub/.cache"):
        (directory / name).touch()
    assert Manifest.of(directory) == before


def test_the_digest_is_the_address_of_what_is_deployed(directory: Path) -> None:
    # Another digest for the same files would deploy every model again.
    digest = "b3f0d105518b773bc4d7042c347467ba507c03e2e57a00439be5fd9eaee87e9d"
    assert Manifest.of(directory).digest == digest


def test_times_and_rights_do_not_count(directory: Path) -> None:
    before = Manifest.of(directory).digest
    os.utime(directory / "model.gguf", (0, 0))
    (directory / "model.gguf").chmod(0o600)
    assert Manifest.of(directory).digest == before


def test_content_and_names_count(directory: Path) -> None:
    before = Manifest.of(directory).digest
    (directory / "model.gguf").write_text("other")
    changed = Manifest.of(directory).digest
    (directory / "model.gguf").write_text("model.gguf")
    (directory / "sub.json").rename(directory / "sub" / "sub.json")
    moved = Manifest.of(directory).digest
    assert len({before, changed, moved}) == 3
