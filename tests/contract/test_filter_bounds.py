"""Filters have the same bounds at synth, at the API and in the search function."""

from __future__ import annotations

from features.search import filters
from lambda_api.retrieval import file_search
from stacks.config import retrieval


def test_each_house_has_the_same_bounds_of_filters():
    assert filters.MOST_BYTES == file_search.MOST_FILTER_BYTES == retrieval.MOST_FILTER_BYTES
    assert filters.MOST_VALUES == retrieval.MOST_FILTER_VALUES
