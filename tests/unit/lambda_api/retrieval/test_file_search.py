from __future__ import annotations

import pytest

from lambda_api.errors import InvalidRequestError
from lambda_api.retrieval.file_search import FileSearch

TOOL = {"type": "file_search", "vector_store_ids": ["vs_docs"]}


def test_what_a_tool_says_is_what_the_function_is_asked():
    search = FileSearch.parse(
        {
            **TOOL,
            "filters": {"type": "eq", "key": "language", "value": "en"},
            "max_num_results": 3,
            "ranking_options": {
                "ranker": "auto",
                "score_threshold": 0.2,
                "hybrid_search": {"embedding_weight": 2, "text_weight": 1},
            },
        },
        "tools[0]",
    )
    assert search.event("docs", "when?", "me") == {
        "store": "docs",
        "query": "when?",
        "caller": "me",
        "top_k": 3,
        "threshold": 0.2,
        "filters": {"type": "eq", "key": "language", "value": "en"},
        "weights": {"embedding": 2.0, "text": 1.0},
    }


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"vector_store_ids": []}, "vector_store_ids"),
        ({"vector_store_ids": ["vs_x"] * 6}, "vector_store_ids"),
        ({"vector_store_ids": [1]}, "vector_store_ids"),
        ({"max_num_results": 0}, "max_num_results"),
        ({"max_num_results": 10_000}, "max_num_results"),
        ({"max_num_results": True}, "max_num_results"),
        ({"color": "red"}, "color"),
        ({"filters": {"type": "in", "key": "a", "value": ["b" * 99] * 400}}, "filters"),
        ({"ranking_options": 1}, "ranking_options"),
        ({"ranking_options": {"x": 1}}, "ranking_options.x"),
        ({"ranking_options": {"score_threshold": 2}}, "ranking_options.score_threshold"),
        (
            {"ranking_options": {"hybrid_search": {"embedding_weight": 0, "text_weight": 0}}},
            "ranking_options.hybrid_search",
        ),
        ({"ranking_options": {"hybrid_search": []}}, "ranking_options.hybrid_search"),
    ],
)
def test_what_cannot_be_searched_is_refused_by_its_name(changed, param):
    with pytest.raises(InvalidRequestError) as caught:
        FileSearch.parse({**TOOL, **changed}, "tools[0]")
    assert caught.value.param == f"tools[0].{param}"
