"""A directory brought to a store, in a bucket that is a dictionary."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents_bucket import BEGAN, PREFIX, Bucket
from twin.client.documents import carry_out, list_documents, plan_sync, waiting_documents
from twin.errors import UserError


def sync(directory: Path, bucket: Any) -> str:
    plan = plan_sync(directory, PREFIX, list_documents(bucket, "b", PREFIX))
    carry_out(plan, bucket, "b")
    return plan.summary


def test_a_store_becomes_equal_to_a_directory(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.md").write_text("a")
    (tmp_path / "b.md").write_text("b")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("x")
    bucket = Bucket(**{"old.md": b"old", "b.md": b"before"})
    bucket.objects["documents/own-1/c.md"] = b"another store's"

    assert sync(tmp_path, bucket) == "2 to upload, 1 to delete, 0 unchanged"
    assert bucket.objects == {
        f"{PREFIX}deep/a.md": b"a",
        f"{PREFIX}b.md": b"b",
        "documents/own-1/c.md": b"another store's",
    }
    assert sync(tmp_path, bucket) == "0 to upload, 0 to delete, 2 unchanged"


def test_nothing_is_deleted_while_an_upload_fails(tmp_path: Path) -> None:
    (tmp_path / "new-name.md").write_text("text")
    bucket: Any = Bucket(**{"old-name.md": b"text"})
    before = dict(bucket.objects)

    def refuse(**_call: object) -> None:
        raise ConnectionError

    bucket.put_object = refuse
    with pytest.raises(ConnectionError):
        sync(tmp_path, bucket)
    assert bucket.objects == before


def test_an_empty_or_wrong_directory_is_refused(tmp_path: Path) -> None:
    there = {f"{PREFIX}{name}.md": "x" for name in "abc"}
    with pytest.raises(UserError, match="has no files"):
        plan_sync(tmp_path, PREFIX, there).refuse_surprises(tmp_path)
    (tmp_path / "other.md").write_text("other")
    with pytest.raises(UserError, match="3 of 3 documents would be deleted"):
        plan_sync(tmp_path, PREFIX, there).refuse_surprises(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.md").write_text(name)
    plan_sync(tmp_path, PREFIX, there).refuse_surprises(tmp_path)


def test_what_the_index_does_not_have_as_it_is_now_waits() -> None:
    bucket: Any = Bucket(**dict.fromkeys(("read.md", "new.md", "changed.md"), b""))
    bucket.objects[f"{PREFIX}read.md.metadata.json"] = b"{}"
    bucket.objects[f"{PREFIX}folder/"] = b""
    bucket.modified[f"{PREFIX}changed.md"] = BEGAN + timedelta(minutes=5)
    asked: list[list[str]] = []

    def states(paths: list[str]) -> dict[str, dict[str, float]]:
        asked.append(paths)
        return {path: {"modified": BEGAN.timestamp()} for path in paths if path != "new.md"}

    waiting = waiting_documents(bucket, "b", PREFIX, states)
    assert (waiting.count, waiting.oldest) == (2, BEGAN)
    assert sorted(asked[0]) == ["changed.md", "new.md", "read.md"]


def test_nothing_waits_in_a_store_that_is_read() -> None:
    bucket: Any = Bucket(**{"read.md": b""})
    states = {"read.md": {"modified": BEGAN.timestamp()}}
    assert waiting_documents(bucket, "b", PREFIX, lambda _paths: states).oldest is None
