"""Documents of the deployed stage: brought, asked, changed, asked, deleted, asked.

The model is small: but for one test of what it quotes, what is looked at are results, citations'
ground and headers, not prose.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.support.deployed_documents import (
    QUESTION,
    SEARCH,
    DeployedDocuments,
    ask,
    bring_and_change,
    delete,
)
from tests.support.eventually import poll
from twin.local.deployment import LocalDeployment


def test_sync_ask_change_ask_delete_ask(
    deployment: LocalDeployment, client: OpenAI, model: str, tmp_path: Path
) -> None:
    documents = DeployedDocuments(deployment, tmp_path)
    bring_and_change(documents, client, model)

    messages: Any = [{"role": "user", "content": QUESTION}]
    chat = poll(
        lambda: client.chat.completions.with_raw_response.create(
            model=model, messages=messages, tools=[SEARCH], max_tokens=8
        ),
        lambda answer: "x-features-as-of" in answer.headers,
    )
    usage = chat.parse().usage
    assert usage is not None
    assert usage.prompt_tokens > 60, "the block is in the prompt"

    streamed = poll(
        lambda: [event.type for event in ask(client, model, stream=True).parse()],
        lambda kinds: "response.file_search_call.completed" in kinds,
    )
    assert streamed[2:7] == [
        "response.output_item.added",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
        "response.output_item.done",
    ]

    later = client.responses.create(
        model=model, input=QUESTION, tools=[SEARCH], background=True, max_output_tokens=8
    )
    ended = poll(
        lambda: client.responses.retrieve(later.id),
        lambda response: response.status not in ("queued", "in_progress"),
    )
    assert [item.type for item in ended.output] == ["file_search_call", "message"]

    delete(documents, client, model)


def test_the_models_own_answer_changes_with_the_document(
    deployment: LocalDeployment, client: OpenAI, model: str, tmp_path: Path
) -> None:
    documents = DeployedDocuments(deployment, tmp_path)
    for hour in ("nine", "six"):
        said = f"The library closes at {hour} in the evening."
        documents.sync(hours=f"# Opening hours\n\n{said}\n")
        answer = poll(
            lambda: client.responses.create(
                model=model,
                input="When does the library close?",
                tools=[SEARCH],  # type: ignore[list-item]
                temperature=0,
                max_output_tokens=60,
            ),
            lambda answer, said=said: said in answer.output_text,
        )
        assert answer.output_text == f"{said} [1]"
        (part,) = answer.output[-1].content
        assert [(mark.type, mark.filename) for mark in part.annotations] == [
            ("file_citation", "hours.md")
        ]
    delete(documents, client, model)


def test_a_store_of_ones_own_is_made_filled_searched_asked_and_deleted(
    client: OpenAI, model: str
) -> None:
    store = client.vector_stores.create(name="mine").id
    file = client.vector_stores.files.upload_and_poll(
        vector_store_id=store,
        file=("hours.md", b"# Opening hours\n\nThe library closes at seven in the evening.\n"),
        attributes={"language": "en"},
        max_wait_seconds=60,
    )
    assert (file.status, file.last_error) == ("completed", None)
    english: Any = {"type": "eq", "key": "language", "value": "en"}
    (hit,) = client.vector_stores.search(store, query=QUESTION, filters=english)
    assert (hit.filename, "at seven" in hit.content[0].text) == ("hours.md", True)

    tools: Any = [{"type": "file_search", "vector_store_ids": [store]}]
    answer = poll(
        lambda: client.responses.create(
            model=model,
            input=QUESTION,
            tools=tools,
            max_output_tokens=8,
            include=["file_search_call.results"],
        ),
        lambda answer: answer.output[0].status == "completed",
    )
    assert [result.file_id for result in answer.output[0].results] == [file.id]

    assert client.files.delete(file.id).deleted, "with the copy in the store"
    assert list(client.vector_stores.files.list(store)) == []
    assert client.vector_stores.delete(store).deleted
    with pytest.raises(NotFoundError, match="there is no vector store"):
        client.vector_stores.search(store, query=QUESTION)


def test_what_cannot_be_searched_is_said(client: OpenAI, model: str) -> None:
    unknown = {**SEARCH, "vector_store_ids": [f"vs_{'0' * 32}"]}
    with pytest.raises(NotFoundError, match="there is no vector store"):
        client.responses.create(model=model, input=QUESTION, tools=[unknown])  # type: ignore[list-item]
    with pytest.raises(BadRequestError, match="max_num_results"):
        client.responses.create(
            model=model,
            input=QUESTION,
            tools=[{**SEARCH, "max_num_results": 0}],  # type: ignore[list-item]
        )
