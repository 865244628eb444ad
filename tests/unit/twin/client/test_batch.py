"""A batch that cannot be run is refused before anything is uploaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from openai import APIConnectionError
from pydantic import SecretStr

from twin.client.batch import BatchRunError, run_batch
from twin.outputs import StageOutputs

NOWHERE = StageOutputs(
    api_url="http://127.0.0.1:1/",
    api_key=SecretStr("k"),
    endpoint_name="twin-local",
    endpoint_url="http://127.0.0.1:1/endpoints/twin-local/openai/v1",
    aws_endpoint_url=None,
    region="us-east-1",
    account="000000000042",
)


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    path = tmp_path / "requests.jsonl"
    path.write_text("precious")
    (tmp_path / "link.jsonl").symlink_to(path)
    (tmp_path / "folder.jsonl").mkdir()
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing/out.jsonl", "must be a file in a folder that is there"),
        ("requests.jsonl/out.jsonl", "must be a file in a folder that is there"),
        ("folder.jsonl", "must be a file that can be written"),
        ("n" * 300, "must be a file that can be written"),
        ("requests.jsonl", "the file of the requests; must be another"),
        ("folder.jsonl/../requests.jsonl", "the file of the requests; must be another"),
        ("link.jsonl", "the file of the requests; must be another"),
    ],
)
@pytest.mark.parametrize("option", ["--out", "--errors"])
def test_place_that_cannot_take_answers_is_refused_before_anything_is_sent(
    tmp_path: Path, requests: Path, option: str, name: str, expected: str
):
    path, good = tmp_path / name, tmp_path / "good.jsonl"
    out, errors = (path, None) if option == "--out" else (good, path)
    with pytest.raises(BatchRunError, match=f"^{option}: got .*{expected}"):
        run_batch(NOWHERE, requests, out, errors)
    assert requests.read_text() == "precious"
    assert not good.exists()


def test_answers_and_errors_are_two_files(tmp_path: Path, requests: Path):
    with pytest.raises(BatchRunError, match=r"^--errors: got .*, the file of --out; must be"):
        run_batch(NOWHERE, requests, tmp_path / "out.jsonl", tmp_path / "out.jsonl")


def test_earlier_answers_are_kept_when_nothing_could_be_sent(tmp_path: Path, requests: Path):
    out = tmp_path / "out.jsonl"
    out.write_text("earlier")
    with pytest.raises(APIConnectionError):
        run_batch(NOWHERE, requests, out, None)
    assert out.read_text() == "earlier"
    assert not (tmp_path / "out.errors.jsonl").exists()
