"""The steps that the state machine is told."""

from __future__ import annotations

from lambda_api.batches.schemas import Batch, BatchState
from tests.support.service.batch_world import OWNER, World


def state(**fields):
    batch = Batch.validating(
        "batch_1", endpoint="/v1/responses", input_file_id="file-1", model="twin", now=0
    )
    return BatchState(batch=batch, output_id="file-2", errors_id="file-3", **fields)


def test_a_job_reads_and_writes_below_its_rounds_keys():
    step = World(batch_instance_count=4).runs.job(OWNER, state(round=2, shards=3))

    assert step == {
        "owner": OWNER,
        "batch_id": "batch_1",
        "proceed": True,
        "job_name": "batch-1-2",
        "input_uri": f"s3://bucket/batches/{OWNER}/batch_1/input/2/",
        "output_uri": f"s3://bucket/batches/{OWNER}/batch_1/output/2",
        "instance_count": 3,
    }


def test_the_end_says_how(world):
    assert world.runs.end(OWNER, state()) == {
        "owner": OWNER,
        "batch_id": "batch_1",
        "proceed": False,
        "status": "validating",
    }
