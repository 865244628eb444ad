"""What stores and their files may be, and how much of each a key may have."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.support.service.batch_world import requests
from tests.support.service.vector_store_world import HOURS, add, message

LARGE = b"\x00" * 400_000


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        (
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 0},
                }
            },
            "chunking_strategy.static.max_chunk_size_tokens",
            "the embedder reads 256 tokens, of which a chunk with its headings may have 100 to 220",
        ),
        (
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50},
                }
            },
            "chunking_strategy.static.chunk_overlap_tokens",
            "0 is allowed, got 50",
        ),
        (
            {"expires_after": {"anchor": "last_active_at", "days": 7}},
            "expires_after.anchor",
            "only read; allowed is 'last_modified_at'",
        ),
        ({"expires_after": {"anchor": "last_modified_at", "days": 0}}, "expires_after.days", "1"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "at most 16"),
        ({"file_ids": ["file-none"]}, "file_id", "no such file"),
    ],
)
def test_a_store_that_cannot_be_made_names_the_field(client, fields, param, said):
    with pytest.raises(openai.APIStatusError) as caught:
        client.vector_stores.create(**fields)
    assert (caught.value.status_code, caught.value.param) in {(400, param), (404, param)}
    assert said in message(caught)
    assert list(client.vector_stores.list()) == []


@pytest.mark.parametrize(
    "attributes",
    [
        {str(n): 1 for n in range(17)},
        {"k" * 65: 1},
        {"": 1},
        {"a": "v" * 513},
        {"a": [1]},
        {"a": None},
    ],
)
def test_attributes_have_bounds(client, attributes):
    store = client.vector_stores.create().id
    file = client.files.create(file=("a.md", HOURS), purpose="assistants")
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.files.create(store, file_id=file.id, attributes=attributes)
    assert caught.value.param.startswith("attributes")
    assert list(client.vector_stores.files.list(store)) == []


def test_limits_of_a_key_count_stores_files_and_bytes(client):
    stores = [client.vector_stores.create().id for _ in range(3)]
    with pytest.raises(openai.RateLimitError, match="3 vector stores, at most 3 are allowed"):
        client.vector_stores.create()
    client.vector_stores.delete(stores.pop())
    stores.append(client.vector_stores.create().id)

    large = [add(client, stores[0], LARGE, f"{n}.txt").id for n in range(2)]
    file = client.files.create(file=("c.txt", LARGE), purpose="assistants").id
    with pytest.raises(openai.RateLimitError, match="more would exceed the 1048576"):
        client.vector_stores.files.create(stores[1], file_id=file)
    client.vector_stores.files.delete(large[0], vector_store_id=stores[0])
    client.vector_stores.files.create(stores[1], file_id=file)

    small = client.files.create(file=("s.txt", b"word"), purpose="assistants").id
    for store in stores[:2]:
        client.vector_stores.files.create(store, file_id=small)
    with pytest.raises(openai.RateLimitError, match="4 vector store files, at most 4 are allowed"):
        client.vector_stores.files.create(stores[2], file_id=small)
    client.vector_stores.delete(stores[1])
    client.vector_stores.files.create(stores[2], file_id=small)


def test_a_batchs_file_is_no_document(client):
    store = client.vector_stores.create().id
    file = client.files.create(file=("a.jsonl", requests(1)), purpose="batch")
    with pytest.raises(openai.BadRequestError, match="has purpose 'batch', a store takes"):
        client.vector_stores.files.create(store, file_id=file.id)
    announced = client.post(
        "/files",
        body={"filename": "b.md", "bytes": 5, "purpose": "assistants"},
        cast_to=dict[str, Any],
    )
    with pytest.raises(openai.BadRequestError, match="has not been uploaded yet"):
        client.vector_stores.files.create(store, file_id=announced["id"])
