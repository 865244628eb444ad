"""Models are pushed to a bucket and pulled again; the bucket is the local cloud's."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from typer.testing import CliRunner

from model_artifacts.packaging.manifest import Manifest
from model_artifacts.publishing.download import pull, read_published
from model_artifacts.publishing.errors import PublishingError
from model_artifacts.publishing.published import archive_key, manifest_key, prefix_of
from model_artifacts.publishing.s3 import ModelBucket
from model_artifacts.publishing.upload import push
from tests.support.aws_environment import aws_environment
from tests.support.model_files import entry, write_checkpoint
from twin.cli import app
from twin.commands import model_bucket

PART = 5 * 2**20
"""Bytes of the smallest part that S3 allows."""
BUCKET = "models"


@pytest.fixture
def client(cloud_environment):
    """A client of its own for each test: a bucket's conditions stay with it."""
    with aws_environment(cloud_environment):
        client = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}))
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def bucket(client) -> Iterator[ModelBucket]:
    yield ModelBucket(client, BUCKET, PART)
    for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=found["Key"])


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "model" / "sub").mkdir(parents=True)
    (tmp_path / "model" / "sub" / "tokenizer.json").write_text("{}")
    (tmp_path / "model" / "weights").write_bytes(os.urandom(PART + 7))
    (tmp_path / "model" / ".hidden").touch()
    return tmp_path / "model"


def keys(client) -> set[str]:
    return {found["Key"] for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def test_model_comes_back_as_it_was_pushed(bucket, client, directory, tmp_path):
    sent: list[int] = []
    done = push(directory, bucket, progress=sent.append)
    digest = Manifest.of(directory).digest

    assert done.uri == f"s3://{BUCKET}/models/{digest}/"
    assert done.uploaded == ("sub/tokenizer.json", "weights")
    assert sum(sent) == done.model.size == PART + 9
    prefix = prefix_of(digest)
    assert keys(client) == {f"{prefix}sub/tokenizer.json", f"{prefix}weights", manifest_key(digest)}

    pull(digest, bucket, tmp_path / "back")
    assert Manifest.of(tmp_path / "back").digest == digest


def test_second_push_sends_nothing(bucket, directory):
    push(directory, bucket)
    assert push(directory, bucket).uploaded == ()


def test_push_that_broke_off_goes_on(bucket, client, directory):
    digest = Manifest.of(directory).digest

    def lose_connection(**_: object) -> None:
        raise ConnectionClosedError(endpoint_url="https://bucket")

    client.meta.events.register("before-send.s3.UploadPart", lose_connection)
    with pytest.raises(PublishingError, match=r"weights: .*Connection was closed"):
        push(directory, bucket)
    client.meta.events.unregister("before-send.s3.UploadPart", lose_connection)
    assert keys(client) == {f"models/{digest}/sub/tokenizer.json"}
    with pytest.raises(PublishingError, match="unfinished"):
        read_published(bucket, digest)

    assert push(directory, bucket).uploaded == ("weights",)
    assert read_published(bucket, digest).digest == digest


def test_two_pushes_at_once_end_alike(bucket, directory, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: push(directory, bucket, archive=True), range(4)))

    assert len({push.uri for push in done}) == 1
    assert sorted(name for push in done for name in push.uploaded) == [
        "sub/tokenizer.json",
        "weights",
    ]
    pull(done[0].model.digest, bucket, tmp_path / "back")


@pytest.mark.parametrize("name", ["weights", "sub/tokenizer.json"])
def test_file_that_changes_meanwhile_is_refused(bucket, client, directory, name):
    def change(_: int) -> None:
        with (directory / name).open("r+b") as file:
            file.write(b"x")

    with pytest.raises(PublishingError, match=rf"{name}: changed while it was read"):
        push(directory, bucket, progress=change)
    assert not any(key.endswith(".json") and "/sub/" not in key for key in keys(client))


def test_other_object_at_a_key_is_refused(bucket, client, directory):
    digest = Manifest.of(directory).digest
    client.put_object(Bucket=BUCKET, Key=f"models/{digest}/weights", Body=b"other")
    with pytest.raises(PublishingError, match=r"weights: got another object; must be .*delete"):
        push(directory, bucket)
    assert manifest_key(digest) not in keys(client)


def test_same_object_of_another_uploader_is_left(bucket, client, directory):
    key = f"models/{Manifest.of(directory).digest}/weights"
    client.put_object(Bucket=BUCKET, Key=key, Body=(directory / "weights").read_bytes())
    assert push(directory, bucket).uploaded == ("sub/tokenizer.json",)


def test_archive_is_made_where_it_is_asked_for(bucket, client, directory):
    digest = push(directory, bucket).model.digest
    assert archive_key(digest) not in keys(client)
    push(directory, bucket, archive=True)
    assert archive_key(digest) in keys(client)


def test_empty_directory_is_refused(bucket, tmp_path):
    with pytest.raises(PublishingError, match="got no files"):
        push(tmp_path, bucket)


def test_bucket_that_is_not_there_is_named(client, directory):
    with pytest.raises(PublishingError, match="s3://nowhere/models/"):
        push(directory, ModelBucket(client, "nowhere"))


def test_pull_fetches_what_is_missing_only(bucket, directory, tmp_path):
    digest = push(directory, bucket).model.digest
    back = tmp_path / "back"
    pull(digest, bucket, back)
    kept = (back / "weights").stat().st_mtime_ns
    (back / "sub" / "tokenizer.json").write_text("[]")

    pull(digest, bucket, back)

    assert (back / "weights").stat().st_mtime_ns == kept
    assert (back / "sub" / "tokenizer.json").read_text() == "{}"


def test_pull_refuses_a_directory_with_other_files(bucket, directory, tmp_path):
    digest = push(directory, bucket).model.digest
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "mine").touch()
    with pytest.raises(PublishingError, match="mine: got a file that is not the model's"):
        pull(digest, bucket, tmp_path / "back")


def test_pull_refuses_content_that_the_manifest_does_not_list(bucket, client, directory, tmp_path):
    digest = push(directory, bucket).model.digest
    key = f"models/{digest}/sub/tokenizer.json"
    client.delete_object(Bucket=BUCKET, Key=key)
    client.put_object(Bucket=BUCKET, Key=key, Body=b"[]")
    with pytest.raises(PublishingError, match="got other content than the manifest lists"):
        pull(digest, bucket, tmp_path / "back")
    assert not (tmp_path / "back" / "sub" / "tokenizer.json").exists()

    client.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(PublishingError, match=r"tokenizer\.json: .*404"):
        pull(digest, bucket, tmp_path / "back")


def test_manifest_of_another_model_is_refused(bucket, client, directory):
    digest, other = push(directory, bucket).model.digest, "0" * 64
    content = client.get_object(Bucket=BUCKET, Key=manifest_key(digest))["Body"].read()
    client.put_object(Bucket=BUCKET, Key=manifest_key(other), Body=content)
    with pytest.raises(PublishingError, match=f"got the manifest of {digest}"):
        read_published(bucket, other)


@pytest.fixture
def twin(bucket, client, monkeypatch):
    """The command line, at this bucket."""
    monkeypatch.setattr(model_bucket, "models_bucket", lambda stage: (client, BUCKET))

    def run(*arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["model", *map(str, arguments)])
        return result.exit_code, result.stdout, str(result.exception or "")

    return run


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "checkpoint", {"a": entry("F32", [2], 0, 8)}, 8)


def test_commands_push_and_pull(twin, checkpoint, tmp_path):
    status, out, _ = twin("push", checkpoint)
    uri = f"s3://{BUCKET}/models/{Manifest.of(checkpoint).digest}/"
    assert (status, out) == (0, f"{uri}\n")

    status, out, _ = twin("push", checkpoint, "--json")
    said = json.loads(out)
    assert (said["uri"], said["uploaded"]) == (uri, 0)
    config = hashlib.sha256((checkpoint / "config.json").read_bytes()).hexdigest()
    assert said["manifest"]["files"][0]["sha256"] == config

    assert twin("pull", uri, "--out", tmp_path / "back")[0] == 0
    assert Manifest.of(tmp_path / "back") == Manifest(
        {name: tmp_path / "back" / name for name in Manifest.of(checkpoint).files}
    )


def test_commands_refuse_before_anything_is_sent(twin, client, checkpoint):
    (checkpoint / "optimizer.pt").touch()
    assert "convert to safetensors" in twin("push", checkpoint)[2]

    (checkpoint / "optimizer.pt").unlink()
    (checkpoint / "chat_template.jinja").write_text("{{ ''.__class__ }}")
    assert "must stay within Jinja's sandbox" in twin("push", checkpoint)[2]

    (checkpoint / "chat_template.jinja").unlink()
    weights = checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "is the file truncated?" in twin("push", checkpoint)[2]

    assert keys(client) == set()


def test_commands_say_which_address_is_wrong(twin, tmp_path):
    assert "must be spelled s3://" in twin("pull", "s3://models/x", "--out", tmp_path)[2]
    assert "unfinished or never began" in twin("pull", "0" * 64, "--out", tmp_path)[2]
