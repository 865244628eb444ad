"""The commands of a stage's documents, on a bucket and a search function that are dictionaries."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support import stage_files
from tests.support.documents_bucket import BEGAN, PREFIX, Bucket
from twin.cli import app
from twin.commands import features, stages

STATUS: dict[str, Any] = {
    "documents": 3,
    "chunks": 7,
    "failed": 1,
    "other_languages": 0,
    "failures": [
        {"path": "scan.pdf", "last_error": {"code": "invalid_file", "message": "no text in it"}}
    ],
    "as_of": "2026-11-30T06:55:00+00:00",
}
HIT = {"path": "hours.md", "score": 0.51234, "text": "The library\ncloses at nine."}


@dataclass
class Stage:
    """A stage's session: the bucket, and a search function that answers as it is told."""

    bucket: Bucket = field(default_factory=Bucket)
    answers: dict[str, Any] = field(default_factory=lambda: {"status": STATUS})
    files: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    def client(self, service: str, **_how: Any) -> Any:
        return {"s3": self.bucket, "lambda": self}[service]

    def invoke(self, **call: Any) -> dict[str, Any]:
        assert call["FunctionName"] == "search"
        event = json.loads(call["Payload"])
        self.events.append(event)
        told = self.answers["status" if "status" in event else "search"]
        return {"Payload": BytesIO(json.dumps({**told, "files": self.files}).encode())}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    stage = Stage()
    (tmp_path / "config").mkdir()
    stage_files.write(
        tmp_path / "config" / "test.toml",
        stage_files.PROD,
        retrieval={"stores": [{"name": "docs"}]},
    )
    outputs = {"BucketName": "bucket", "SearchFunctionName": "search"}
    monkeypatch.setattr(stages, "PROJECT", tmp_path)
    monkeypatch.setattr(features, "stage_session", lambda _stage: stage)
    monkeypatch.setattr(features, "stack_outputs", lambda *_of: outputs)
    return stage


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["features", *arguments, "--stage", "test"])


def test_status_says_what_there_is_what_waits_and_what_failed(stage: Stage) -> None:
    stage.bucket.objects = {f"{PREFIX}{name}": b"" for name in ("a.md", "b.md", "c.md")}
    stage.files = {"a.md": {"modified": BEGAN.timestamp()}}
    shown = run("status").stdout.splitlines()
    assert shown[0] == "3 documents, 7 chunks, published 2026-11-30T06:55:00+00:00"
    assert shown[1].startswith("2 uploads wait, the oldest for ")
    assert shown[1].endswith("; 1 could not be read")
    assert shown[2:] == ["  scan.pdf: invalid_file, no text in it"]
    assert stage.events[0] == {"status": True, "store": "docs"}


def test_status_counts_documents_in_another_language(stage: Stage) -> None:
    stage.answers["status"] = {**STATUS, "other_languages": 2}
    shown = run("status").stdout
    assert "0 uploads wait; 1 could not be read" in shown
    assert "2 not in English" in shown


def test_status_as_json(stage: Stage) -> None:
    stage.bucket.objects = {f"{PREFIX}a.md": b""}
    told = json.loads(run("status", "--json").stdout)
    assert (told["waiting"], told["oldest_waiting"]) == (1, BEGAN.isoformat())
    assert told["documents"] == 3


def test_sync_uploads_after_a_dry_run_that_does_not(stage: Stage, tmp_path: Path) -> None:
    directory = tmp_path / "mine"
    directory.mkdir()
    (directory / "a.md").write_text("a")
    stage.bucket.objects = {f"{PREFIX}old.md": b"old"}

    shown = run("sync", str(directory), "--dry-run").stdout
    assert shown.splitlines() == ["+ a.md", "- old.md", "1 to upload, 1 to delete, 0 unchanged"]
    assert stage.bucket.objects == {f"{PREFIX}old.md": b"old"}

    refused = run("sync", str(directory))
    assert refused.exit_code != 0
    assert "1 of 1 documents would be deleted" in str(refused.exception)

    assert run("sync", str(directory), "--yes").exit_code == 0
    assert stage.bucket.objects == {f"{PREFIX}a.md": b"a"}


def test_an_empty_directory_empties_no_store_unasked(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    stage.bucket.objects = {f"{PREFIX}old.md": b"old"}
    assert "has no files" in str(run("sync", str(tmp_path / "empty")).exception)
    assert stage.bucket.objects


def test_search_shows_what_is_found(stage: Stage) -> None:
    stage.answers["search"] = {"results": [HIT], "as_of": None}
    shown = run("search", "when?", "--most", "3").stdout.splitlines()
    assert shown == ["0.512 hours.md", "  The library closes at nine.", "1 found, as of never"]
    assert stage.events == [{"store": "docs", "query": "when?", "top_k": 3}]
    assert json.loads(run("search", "when?", "--json").stdout)["results"] == [HIT]


def test_what_the_function_refuses_is_said(stage: Stage) -> None:
    stage.answers["search"] = {"error": {"code": "invalid_request", "message": "query is empty"}}
    assert "query is empty" in str(run("search", "x").exception)


def test_a_store_that_config_does_not_have_is_refused(stage: Stage) -> None:
    assert "no store 'other'" in str(run("status", "--store", "other").exception)
    assert stage.events == []
