from __future__ import annotations

import pytest

from features.embedding.embedder import EmbedderIdentity
from features.errors import SearchError
from features.index.generation import Generation
from features.search.oversized import OversizedIndex
from features.search.query import Query


def test_a_search_is_refused_with_the_bound_and_no_field():
    generation = Generation(EmbedderIdentity("none", "", 0), 1.0)
    index = OversizedIndex("a", generation, "this store has 3 chunks, and 2 can be searched")
    with pytest.raises(SearchError, match="has 3 chunks, and 2 can be searched") as caught:
        index.search(Query("x"), None)
    assert (caught.value.code, caught.value.param) == ("invalid_request", None)
    assert (index.generation, index.size) == (generation, 0)
