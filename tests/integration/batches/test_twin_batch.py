"""`twin batch run` against the service, over the local cloud's S3."""

from __future__ import annotations

import json
import time
from io import StringIO
from types import SimpleNamespace

import pytest
from openai import OpenAI
from rich.console import Console

from tests.support.service.batch_world import jsonl, request
from twin.client import batch as twin_batch
from twin.client.batch import BatchRun, BatchRunError


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(twin_batch, "_POLL_SECONDS", 0.02)


@pytest.fixture
def printed(monkeypatch):
    """What a person sees."""
    screen = Console(file=StringIO(), width=200)
    monkeypatch.setattr(twin_batch, "console", screen)
    return screen.file


@pytest.fixture
def run(batch_url, tmp_path):
    """Run a batch of these bytes as the command line does."""
    with OpenAI(base_url=batch_url, api_key="k" * 40, max_retries=0) as client:

        def run(content: bytes) -> int:
            (tmp_path / "requests.jsonl").write_bytes(content)
            names = ("requests.jsonl", "results.jsonl", "results.errors.jsonl")
            return BatchRun(client, *(tmp_path / name for name in names))()

        yield run


def ids(path):
    return [json.loads(line)["custom_id"] for line in path.read_text().splitlines()]


def test_answers_and_failures_are_downloaded_and_counted(run, machine, tmp_path, printed):
    machine.may_run.set()
    machine.refused = {"r3"}

    assert run(jsonl(request(f"r{n}") for n in range(6))) == 1
    assert ids(tmp_path / "results.jsonl") == ["r0", "r1", "r2", "r4", "r5"]
    assert ids(tmp_path / "results.errors.jsonl") == ["r3"]
    assert "completed: 5 of 6 requests answered" in printed.getvalue()


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/responses"])
def test_the_first_request_says_what_the_batch_is_for(run, machine, tmp_path, path):
    machine.may_run.set()

    assert run(b"\n" + jsonl([request("r0", path), request("r1", path)])) == 0
    assert ids(tmp_path / "results.jsonl") == ["r0", "r1"]


def test_what_an_earlier_run_wrote_is_not_left(run, machine, tmp_path):
    machine.may_run.set()
    (tmp_path / "results.jsonl").write_text("old")
    (tmp_path / "results.errors.jsonl").write_text("old")

    assert run(jsonl([request("r0")])) == 0
    assert ids(tmp_path / "results.jsonl") == ["r0"]
    assert not (tmp_path / "results.errors.jsonl").exists()


def test_a_large_file_takes_the_presigned_way(run, machine, monkeypatch):
    monkeypatch.setattr(twin_batch, "MAX_FORM_BYTES", 10)
    machine.may_run.set()

    assert run(jsonl([request("r0")])) == 0


def test_wrong_lines_are_shown(run, tmp_path, printed):
    assert run(jsonl([request("a"), request("a")])) == 1

    shown = printed.getvalue()
    assert "duplicate_custom_id" in shown
    assert "failed: no request was run" in shown


def test_a_refusal_is_one_sentence(run):
    with pytest.raises(BatchRunError, match=r"^the file is empty$"):
        run(b"")


def test_ctrl_c_cancels_and_keeps_what_came(run, machine, tmp_path, printed, monkeypatch):
    def interrupt(_seconds):
        if not machine.may_run.is_set():
            machine.is_prepared.wait(10)
            raise KeyboardInterrupt

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=interrupt)
    monkeypatch.setattr(twin_batch, "time", clock)

    assert run(jsonl([request("r0")])) == 130
    assert ids(tmp_path / "results.errors.jsonl") == ["r0"]
    assert "cancelled: 0 of 1 requests answered" in printed.getvalue()
