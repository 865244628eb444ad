from __future__ import annotations

import pytest

from features.embedding.embedder import EmbedderIdentity
from features.index.paths import DocumentName, IndexPaths


def test_a_document_and_its_sidecar_are_one_name():
    name = DocumentName.of_key("documents/docs/a/b.md.metadata.json")
    assert name == DocumentName("docs", "a/b.md")
    assert name.sidecar == "documents/docs/a/b.md.metadata.json"
    assert name == DocumentName.of_key(name.key)


@pytest.mark.parametrize(
    "key",
    [
        "other/docs/a.md",
        "documents/a.md",
        "documents/docs/",
        "documents/docs/folder/",
        "documents/Docs/a.md",
        "documents//a.md",
        "documents/docs/.metadata.json",
    ],
)
def test_other_keys_are_no_documents(key):
    assert DocumentName.of_key(key) is None


def test_each_embedder_has_an_index_of_its_own():
    paths = [IndexPaths("docs", EmbedderIdentity("minilm", digest * 12, 3)) for digest in "ab"]
    assert paths[0].current != paths[1].current
    assert paths[0].serving == paths[1].serving == "index/docs/serving.json"
    assert paths[0].record("x").startswith(paths[0].root)
