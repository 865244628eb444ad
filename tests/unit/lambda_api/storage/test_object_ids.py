"""Ids of what is kept."""

from __future__ import annotations

import pytest

from lambda_api.storage.object_ids import is_id, made_at, new_id


def test_ids_sort_newest_first_and_cannot_be_guessed():
    ids = [new_id("file-", seconds) for seconds in (1.0, 1.001, 2.0, 1_800_000_000.0)]

    assert sorted(ids, reverse=True) == ids
    assert all(is_id("file-", found) for found in ids)
    assert new_id("file-", 1.0) != ids[0]


@pytest.mark.parametrize(
    "text", ["", "file-", "file-../x", f"batch_{32 * '0'}", f"file-{32 * 'G'}"]
)
def test_nothing_else_is_an_id(text):
    assert not is_id("file-", text)


@pytest.mark.parametrize("seconds", [1.0, 1_796_000_000.123])
def test_an_id_tells_when_it_was_made(seconds):
    assert made_at(new_id("file-", seconds)) == pytest.approx(seconds, abs=0.001)
