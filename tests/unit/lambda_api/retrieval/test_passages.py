from __future__ import annotations

from itertools import permutations

import pytest

from lambda_api.retrieval.passages import Passage, joined, merged
from tests.support.service.fake_search import result


def passage(text, **told):
    return Passage.of("docs", result(text, **told))


def test_a_passage_of_two_rankings_goes_first_with_its_better_score():
    a, b, c = passage("a"), passage("b", file="b.md"), passage("c", file="c.md")
    again = passage("c", file="c.md", score=0.9)
    found = merged([[a, c], [again, b]], most=2)
    assert [(one.text, one.score) for one in found] == [("c", 0.9), ("a", 0.5)]


def test_neighbours_are_one_piece_at_the_better_ones_place():
    pieces = joined(
        [
            passage("three", chunk=3),
            passage("other", file="b.md", chunk=4),
            passage("four", chunk=4),
            passage("two", chunk=2),
            passage("seven", chunk=7),
        ]
    )
    assert [one.text for one in pieces] == ["two\nthree\nfour", "other", "seven"]
    assert (pieces[0].first, pieces[0].last) == (2, 4)


@pytest.mark.parametrize("order", [*permutations((1, 2, 3, 4))])
def test_neighbours_are_joined_in_whatever_order_they_are_found(order):
    found = [passage(str(chunk), chunk=chunk, score=1 / n) for n, chunk in enumerate(order, 1)]
    other = passage("other", file="b.md", chunk=5)
    pieces = joined([found[0], other, *found[1:]])
    assert [one.text for one in pieces] == ["1\n2\n3\n4", "other"]
    assert (pieces[0].first, pieces[0].last, pieces[0].score) == (1, 4, 1)


def test_a_result_is_told_as_openai_does():
    assert passage("a").result() == {
        "file_id": "file-a.md",
        "filename": "a.md",
        "score": 0.5,
        "attributes": {"language": "en"},
        "text": "a",
    }
