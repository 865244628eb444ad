"""Names of executions."""

from __future__ import annotations

from lambda_api.batches.executions import cancel_of
from lambda_api.storage.object_ids import new_id


def test_the_name_of_a_cancel_is_short_enough_for_step_functions():
    assert cancel_of("batch_1") == "batch_1-cancel"
    assert len(cancel_of(new_id("batch_", 1_800_000_000))) <= 80
