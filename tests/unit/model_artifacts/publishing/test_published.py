"""The manifest of a pushed model proves itself, and leads nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_artifacts.packaging.manifest import Manifest
from model_artifacts.publishing.checksums import fingerprint
from model_artifacts.publishing.errors import PublishingError
from model_artifacts.publishing.published import PublishedFile, PublishedModel, parse_uri

SHA = "0" * 64


def published(directory: Path) -> PublishedModel:
    prints = {name: fingerprint(path) for name, path in Manifest.of(directory).files.items()}
    return PublishedModel.of(
        tuple(PublishedFile(name=n, size=p.size, sha256=p.sha256) for n, p in prints.items())
    )


@pytest.fixture
def model(tmp_path: Path) -> PublishedModel:
    (tmp_path / "sub").mkdir()
    for name in ("sub/b", "a"):
        (tmp_path / name).write_text(name)
    return published(tmp_path)


def test_digest_is_the_directorys(model: PublishedModel, tmp_path: Path) -> None:
    assert model.digest == Manifest.of(tmp_path).digest
    assert model.size == 6


def test_manifest_is_read_as_written(model: PublishedModel) -> None:
    assert PublishedModel.parse(model.model_dump_json().encode(), "m") == model


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digest": SHA}, "must be that of the files"),
        ({"files": []}, "files .*at least 1"),
        ({"version": 2}, "version"),
        ({"extra": 1}, "extra"),
    ],
)
def test_manifest_that_does_not_agree_is_refused(
    model: PublishedModel, change: dict[str, object], message: str
) -> None:
    changed = json.dumps(json.loads(model.model_dump_json()) | change).encode()
    with pytest.raises(PublishingError, match=f"m: no manifest of a model: .*{message}"):
        PublishedModel.parse(changed, "m")


def test_files_that_stand_twice_are_refused() -> None:
    file = PublishedFile(name="a", size=1, sha256=SHA)
    with pytest.raises(ValueError, match="must be that of the files"):
        PublishedModel.of((file, file))


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../up", "a/../b", "a//b", ".hidden", "a/.b", "a\\b", "a\0", "./a"]
)
def test_name_that_leads_out_of_the_directory_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be a relative path"):
        PublishedFile(name=name, size=1, sha256=SHA)


def test_address_is_taken_apart() -> None:
    assert parse_uri(f"s3://bucket/models/{SHA}/") == ("bucket", SHA)
    for uri in ("s3://bucket/models/", f"s3://bucket/{SHA}/", f"https://b/models/{SHA}/", "s3://"):
        with pytest.raises(PublishingError, match="must be spelled s3://bucket/models/"):
            parse_uri(uri)
