"""Documents of a deployed stage whose chunks lie in S3 Vectors: the same story, the same API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials
from openai import BadRequestError, OpenAI

from tests.least_privilege.unused import unused_rights
from tests.support.deployed_documents import QUESTION, DeployedDocuments, bring_and_change, delete
from tests.support.eventually import eventually
from twin.client.conversation import served_model
from twin.local.deployment import LocalDeployment

WORDS_ALONE: Any = {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}}


@pytest.fixture
def reader(signed: Callable[[Credentials], OpenAI], user: Callable[[str], Credentials]) -> OpenAI:
    return signed(user("reader"))


def vectors(aws: Callable[[str], Any]) -> list[str]:
    """The text of each vector in the account."""
    client = aws("s3vectors")
    return [
        vector["metadata"]["text"]
        for bucket in client.list_vector_buckets()["vectorBuckets"]
        for index in client.list_indexes(vectorBucketName=bucket["vectorBucketName"])["indexes"]
        for vector in client.list_vectors(indexArn=index["indexArn"], returnMetadata=True)[
            "vectors"
        ]
    ]


def test_sync_ask_change_ask_delete_ask(
    signing: LocalDeployment, reader: OpenAI, aws: Callable[[str], Any], tmp_path: Path
) -> None:
    documents, model = DeployedDocuments(signing, tmp_path), served_model(reader)
    bring_and_change(documents, reader, model)

    eventually(lambda: len(vectors(aws)) == 1)  # those of the version before are gone
    assert "at six" in vectors(aws)[0]
    assert len(list(reader.vector_stores.search("vs_docs", query=QUESTION))) == 1
    with pytest.raises(BadRequestError, match="embedding"):
        reader.vector_stores.search("vs_docs", query=QUESTION, ranking_options=WORDS_ALONE)

    delete(documents, reader, model)
    eventually(lambda: vectors(aws) == [])


def test_every_right_of_the_ways_to_the_vectors_is_used(signing: LocalDeployment) -> None:
    unused = unused_rights(signing.cloud, "twin-signed-")
    assert [right for right in unused if right.startswith("retrieval ")] == []
