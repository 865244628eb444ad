from __future__ import annotations

import random

import pytest

from features.index import packing
from features.index.generation import Piece, SegmentInfo
from features.index.packing import repack
from tests.support.features.tables import table


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    monkeypatch.setattr(packing, "MOST_CHUNKS", 10)


class Index:
    """Segments as a publisher keeps them."""

    def __init__(self):
        self.tables, self.segments, self.read = {}, [], []

    def publish(self, **documents):
        self.read.clear()
        changed = {
            name: table(name, *(f"{name}{number}" for number in range(count)))
            for name, count in documents.items()
        }
        stay, new = repack(self.segments, changed, self.load)
        for segment in new:
            name = str(len(self.tables))
            self.tables[name] = segment.table
            stay.append(SegmentInfo(name, segment.pieces))
        self.segments = stay
        return len(new)

    def load(self, name):
        self.read.append(name)
        return self.tables[name]

    def texts(self):
        return sorted(
            chunk.text for segment in self.segments for chunk in self.tables[segment.name].chunks
        )


def test_a_segment_without_changes_stays():
    index = Index()
    index.publish(a=10)
    first = index.segments[0]

    assert index.publish(b=6) == 1
    assert index.segments[0] == first
    assert index.read == []


def test_a_changed_document_takes_its_segment_along_and_no_other():
    index = Index()
    index.publish(a=4, b=6)
    index.publish(c=8)
    kept = index.segments[1]

    index.publish(a=3)

    assert index.read == ["0"]
    assert kept in index.segments
    assert index.texts() == sorted([*(f"a{n}" for n in range(3)), *index_texts(b=6, c=8)])


def index_texts(**documents):
    return [f"{name}{number}" for name, count in documents.items() for number in range(count)]


def test_a_long_document_is_cut_over_segments():
    index = Index()
    index.publish(a=25)
    assert [segment.pieces for segment in index.segments] == [
        (Piece("a", 10),),
        (Piece("a", 10),),
        (Piece("a", 5),),
    ]


def test_segments_that_are_not_half_full_are_joined():
    index = Index()
    for name in "abcd":
        index.publish(**{name: 2})
    assert [segment.chunks for segment in index.segments] == [6, 2]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_published_the_index_holds_exactly_that(seed):
    random_ = random.Random(seed)
    index, expected = Index(), {}
    for _ in range(30):
        changes = {random_.choice("abcdefgh"): random_.randrange(14) for _ in range(2)}
        expected.update(changes)
        index.publish(**changes)

        assert index.texts() == sorted(index_texts(**expected))
        assert all(0 < segment.chunks <= 10 for segment in index.segments)
        assert sum(segment.chunks < 5 for segment in index.segments) <= 1
