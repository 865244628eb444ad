"""States of batches that several functions change."""

from __future__ import annotations

import pytest

from lambda_api.batches.store import BatchStore
from lambda_api.errors import StorageError
from tests.support.service.batch_world import OWNER, jsonl, request


def test_a_change_is_made_again_to_what_somebody_else_wrote(world):
    batch = world.submit(jsonl([request("a")]))
    batches = BatchStore(world.store)
    seen = []

    def change(state):
        seen.append(state.round)
        if len(seen) == 1:
            batches.update(OWNER, batch.id, lambda now: now.model_copy(update={"shards": 7}))
        return state.model_copy(update={"round": state.round + 1})

    changed = batches.update(OWNER, batch.id, change)

    assert (changed.round, changed.shards) == (1, 7)
    assert seen == [0, 0]


def test_a_state_that_keeps_changing_is_given_up(world):
    batch = world.submit(jsonl([request("a")]))
    batches = BatchStore(world.store)

    def change(state):
        world.store.put(f"batches/{OWNER}/{batch.id}/batch.json", state.model_dump_json().encode())
        return state.model_copy(update={"round": 9})

    with pytest.raises(StorageError, match="being changed"):
        batches.update(OWNER, batch.id, change)
