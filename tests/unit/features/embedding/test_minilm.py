from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from features.embedding.minilm import MOST_TOKENS, load_tokenizer
from tests.support.embedder import embedder_directory
from tests.support.features.pipeline import minilm

REFERENCE = json.loads(Path(__file__).with_name("reference.json").read_text())
"""Made by benchmarks/retrieval/reference.py."""


def test_vectors_are_those_of_the_reference_implementation():
    vectors = minilm().embed([one["text"] for one in REFERENCE])

    assert len(REFERENCE) == 20
    cosines = (vectors * np.float32([one["vector"] for one in REFERENCE])).sum(1)
    assert cosines.min() > 0.9999


def test_a_text_has_the_same_vector_alone_and_beside_longer_ones():
    alone = minilm().embed(["KV cache"])[0]
    beside = minilm().embed(["KV cache", "many more words " * 30])[0]
    assert alone @ beside > 0.99999


def test_no_texts_have_no_vectors():
    assert minilm().embed([]).shape == (0, 384)


def test_the_tokenizer_neither_cuts_nor_pads():
    tokenizer = load_tokenizer(embedder_directory())
    lengths = [len(one.ids) for one in tokenizer.encode_batch(["a", "word " * 2 * MOST_TOKENS])]
    assert lengths == [3, 2 * MOST_TOKENS + 2]
