from __future__ import annotations

import numpy as np

from features.embedding.embedder import EmbedderIdentity, NoEmbedder, normalized


def test_normalized_vectors_have_length_1_and_zeros_stay():
    vectors = normalized(np.array([[3, 4], [0, 0]], np.float32))
    assert vectors.tolist() == [[np.float32(0.6), np.float32(0.8)], [0, 0]]


def test_no_embedder_makes_vectors_of_no_numbers():
    assert NoEmbedder().embed(["a", "b"]).shape == (2, 0)


def test_a_folder_is_named_by_kind_and_digest():
    identity = EmbedderIdentity("bedrock:amazon.titan/v2:0", "abcdef0123456789", 512)
    assert identity.short == "bedrock-abcdef012345"
