"""Keys that say what lists filter by."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lambda_api.files.keys import FileKey, content_key, folder_of
from lambda_api.storage.object_store import ObjectInfo

ID = "file-" + "0" * 32


def listed(*keys):
    return [ObjectInfo(key, 1, datetime.now(UTC)) for key in keys]


@pytest.mark.parametrize("key", [FileKey(ID, "batch_output", 1_800_000_000), FileKey(ID)])
def test_a_key_is_read_as_it_was_written(key):
    assert list(FileKey.all_in(listed(key.text("a")))) == [key]


def test_a_key_lies_in_the_folder_of_its_file_and_owner():
    assert FileKey(ID, "batch", 7).text("a") == f"files/a/{ID}/file.batch.7.json"
    assert content_key("a", ID) == f"{folder_of('a')}{ID}/content"


def test_other_keys_are_no_descriptions():
    keys = (content_key("a", ID), "files/a/x/file.json", f"files/a/{ID}/file.json.x")

    assert list(FileKey.all_in(listed(*keys))) == []


def test_an_other_purpose_or_a_past_expiry_is_left_out():
    keys = listed(*(FileKey(ID, "batch", at).text("a") for at in (5, 6)))

    assert [key.expires_at for key in FileKey.all_in(keys, "batch", now=5)] == [6]
    assert list(FileKey.all_in(keys, "batch_output")) == []
