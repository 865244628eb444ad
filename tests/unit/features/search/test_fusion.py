from __future__ import annotations

import numpy as np
import pytest

from features.search.fusion import blend


def scores(*values):
    return np.array(values, np.float32)


def test_by_hand():
    """Half of 0.8, and half of 3 of 12; nothing of a cosine below 0."""
    blended = blend([(scores(0.8, -0.5), 1.0, 1.0), (scores(3, 6), 12.0, 1.0)])
    assert blended.tolist() == pytest.approx([0.4 + 0.125, 0.25])


def test_weights_decide():
    blended = blend([(scores(1, 0), 1.0, 1.0), (scores(0, 1), 1.0, 3.0)])
    assert blended.tolist() == pytest.approx([0.25, 0.75])


def test_one_way_alone_is_its_share():
    assert blend([(scores(0, 2), 4.0, 7.0)]).tolist() == pytest.approx([0, 0.5])
