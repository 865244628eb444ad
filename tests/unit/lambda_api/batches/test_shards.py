"""A batch's requests in files, and what a listing tells of them."""

from __future__ import annotations

import pytest

from lambda_api.batches import shards as module
from lambda_api.batches.shards import Shard, Shards
from tests.support.service.memory_store import MemoryStore


@pytest.fixture
def shards():
    return Shards(MemoryStore(), "batches/me/batch_1")


def jobs(count):
    return [b'{"id":%d}\n' % number for number in range(1, count + 1)]


def test_a_file_is_named_after_its_first_request_and_how_many_follow(shards):
    assert shards.write(1, jobs(5), 2) == 3
    assert shards.of(1) == [Shard(1, 2), Shard(3, 2), Shard(5, 1)]
    assert "batches/me/batch_1/input/1/000003-2.jsonl" in shards.store.objects


def test_a_file_grows_no_larger_than_memory_allows(shards, monkeypatch):
    monkeypatch.setattr(module, "_MOST_SHARD_BYTES", len(jobs(1)[0]) * 2)

    assert shards.write(1, jobs(5), 100) == 3


def test_each_request_of_a_shard_is_written_alone_for_the_next_round(shards):
    shards.write(1, jobs(5), 3)

    assert shards.write_again(2, Shard(1, 3)) == 3
    assert shards.of(2) == Shard(1, 3).singles() == [Shard(1, 1), Shard(2, 1), Shard(3, 1)]
    assert shards.lines(2, Shard(2, 1)) == [b'{"id":2}']


def test_answers_are_counted_over_all_rounds(shards):
    shards.store.put(f"{shards.output_key(1, Shard(1, 3))}.out", b"a\nb\nc\n")
    shards.store.put(f"{shards.output_key(2, Shard(5, 1))}.out", b"e\n")
    shards.store.put("batches/me/batch_1/output/1/notes.txt", b"")

    assert shards.answered(1) == {Shard(1, 3)}
    assert shards.answered_requests() == 4
    assert shards.answers(1, Shard(1, 3)) == [b"a", b"b", b"c"]
    assert shards.answers_of_all(2, [Shard(5, 1), Shard(6, 1)]) == [b"e"]
