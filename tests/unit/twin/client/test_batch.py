"""A batch that cannot be run is refused before anything is uploaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from twin.client.batch import BatchRunError, run_batch
from twin.outputs import StageOutputs

NOWHERE = StageOutputs(
    api_url="http://127.0.0.1:1/",
    api_key=SecretStr("k"),
    endpoint_name="twin-local",
    aws_endpoint_url=None,
    region="us-east-1",
    account="000000000042",
)


def test_answers_need_a_folder_that_is_there(tmp_path: Path):
    requests = tmp_path / "requests.jsonl"
    requests.touch()

    with pytest.raises(BatchRunError, match="must be a file in a folder that is there"):
        run_batch(NOWHERE, requests, tmp_path / "missing" / "out.jsonl", None)
