from __future__ import annotations

from lambda_api.response_objects.file_search import search_call, searched
from lambda_api.response_objects.schemas import Outcome, OutputMessage, OutputText
from lambda_api.retrieval.grounding import Found
from lambda_api.retrieval.passages import Passage
from tests.support.service.fake_search import result

FOUND = Found(("when?",), (Passage.of("docs", result("At nine.")),), "2026")
ID = f"resp_{'0' * 32}"


def test_results_are_told_to_whom_asks_for_them():
    call = search_call(FOUND, ID, None)
    assert (call.id, call.status, call.queries, call.results) == (
        f"fs_{'0' * 32}o0",
        "completed",
        ["when?"],
        None,
    )
    told = search_call(FOUND, ID, ["file_search_call.results"]).results
    assert [one["text"] for one in told] == ["At nine."]
    assert search_call(Found(failed="search"), ID, ()).status == "failed"


def test_an_outcome_begins_with_the_search_and_cites():
    text = OutputText(text="At nine [1], not [2].")
    said = OutputMessage(id="", status="completed", content=[text])
    outcome = Outcome(status="completed", output=[said])
    assert searched(outcome, None, []) is outcome
    call = search_call(FOUND, ID, None)
    first, message = searched(outcome, call, [("file-1", "a.md")]).output
    assert first == call
    assert [one["index"] for one in message.content[0].annotations] == [8]
