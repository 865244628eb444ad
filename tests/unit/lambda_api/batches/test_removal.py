"""Batches and files that are deleted leave no prompt and no answer behind."""

from __future__ import annotations

import pytest

from lambda_api.errors import (
    ConflictError,
    NotFoundError,
    StorageError,
    UnreadableObjectError,
)
from tests.support.service.batch_world import OWNER, requests

SECRET = b"about r"


@pytest.fixture
def ended(world):
    """A batch of six requests that has ended."""
    batch = world.submit(requests(6))
    step = world.prepare(batch)
    world.transform(step)
    world.collect(batch, step)
    return world.get(batch)


def holding(world, text=SECRET):
    """The keys whose objects quote a prompt."""
    return [key for key, kept in world.store.objects.items() if text in kept.body]


def test_a_deleted_batch_leaves_only_its_files(world, ended):
    world.batches.delete(OWNER, ended.id)

    assert {key.split("/")[2] for key in holding(world)} == {
        ended.input_file_id,
        ended.output_file_id,
    }
    with pytest.raises(NotFoundError):
        world.batches.get(OWNER, ended.id)
    with pytest.raises(NotFoundError):
        world.batches.delete(OWNER, ended.id)


def test_a_batch_and_its_files_deleted_leave_nothing(world, ended):
    world.batches.delete(OWNER, ended.id)
    for file in (ended.input_file_id, ended.output_file_id):
        world.files.delete(OWNER, file)

    assert holding(world) == []
    assert list(world.store.list("files/")) == []


def test_a_deleted_file_takes_its_copies_in_the_shards_with_it(world, ended):
    world.files.delete(OWNER, ended.input_file_id)

    assert [key.split("/")[2] for key in holding(world)] == [ended.output_file_id]
    assert world.get(ended) == ended


def test_a_deleted_output_takes_the_answers_in_the_shards_with_it(world, ended):
    world.files.delete(OWNER, ended.output_file_id)

    assert [key.split("/")[2] for key in holding(world)] == [ended.input_file_id]


@pytest.mark.parametrize("status", ["validating", "in_progress", "cancelling"])
def test_what_runs_is_not_deleted(world, status):
    batch = world.submit(requests(2))
    if status == "in_progress":
        world.prepare(batch)
    if status == "cancelling":
        world.batches.cancel(OWNER, batch.id)

    with pytest.raises(ConflictError, match=f"status '{status}', cancel it first"):
        world.batches.delete(OWNER, batch.id)
    with pytest.raises(ConflictError, match=f"status '{status}', cancel that first"):
        world.files.delete(OWNER, batch.input_file_id)
    assert world.get(batch).status == status
    assert world.files.get(OWNER, batch.input_file_id)


def test_another_owners_batch_does_not_hold_a_file(world):
    world.submit(requests(2))
    file = world.files.create("other", "a.jsonl", b"x")

    assert world.files.delete("other", file.id).deleted


@pytest.mark.parametrize("ahead", range(17))
def test_a_deletion_that_breaks_off_anywhere_can_be_sent_again(world, ended, ahead):
    world.store.fail(ahead)
    deletions = [
        (world.batches.delete, ended.id),
        (world.files.delete, ended.input_file_id),
        (world.files.delete, ended.output_file_id),
    ]
    for delete, deleted in deletions:
        try:
            delete(OWNER, deleted)
        except StorageError:
            delete(OWNER, deleted)

    assert len(world.store.calls) > world.store.failing
    assert holding(world) == []


@pytest.mark.parametrize("damage", [b"", b"{", b'{"batch": {}}', b"[]"])
def test_what_cannot_be_read_can_be_deleted(world, ended, damage):
    world.store.put(f"batches/{OWNER}/{ended.id}/batch.json", damage)
    (about,) = [key for key in world.store.objects if f"{ended.input_file_id}/file." in key]
    world.store.put(about, damage)
    for read, broken in (
        (world.batches.get, ended.id),
        (world.files.get, ended.input_file_id),
    ):
        with pytest.raises(UnreadableObjectError, match="DELETE removes it"):
            read(OWNER, broken)
    world.batches.delete(OWNER, ended.id)
    world.files.delete(OWNER, ended.input_file_id)

    assert [key.split("/")[2] for key in holding(world)] == [ended.output_file_id]
