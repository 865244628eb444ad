"""The report's arithmetic against examples worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from model_artifacts.evaluation.divergence import Comparison, kl_divergence, log_softmax


def logs(*rows: list[float]):
    return np.log(np.array(rows))


def test_log_softmax_sums_to_one_however_large_the_logits() -> None:
    found = log_softmax(np.array([[1000.0, 1000.0], [0.0, math.log(3)]], np.float32))
    np.testing.assert_allclose(np.exp(found), [[0.5, 0.5], [0.25, 0.75]], rtol=1e-6)


def test_divergence_is_that_of_the_worked_example() -> None:
    # 1/2 ln((1/2)/(1/4)) + 1/2 ln((1/2)/(3/4)) = 1/2 ln 2 + 1/2 ln(2/3) = 1/2 ln(4/3)
    found = kl_divergence(logs([0.5, 0.5]), logs([0.25, 0.75]))
    assert found == pytest.approx([0.5 * math.log(4 / 3)])


def test_divergence_has_a_direction_and_is_zero_between_equals() -> None:
    reference, other = logs([0.9, 0.1]), logs([0.5, 0.5])
    assert kl_divergence(reference, reference) == pytest.approx([0.0])
    assert kl_divergence(reference, other) != pytest.approx(kl_divergence(other, reference))


def test_positions_add_up() -> None:
    comparison = Comparison()
    half = logs([0.5, 0.25, 0.25], [0.5, 0.25, 0.25])
    swapped = logs([0.5, 0.25, 0.25], [0.25, 0.5, 0.25])
    comparison.add(half, swapped, np.array([0, 1]))
    comparison.add(half[:1], half[:1], np.array([2]))

    # The second position differs: 1/2 ln 2 - 1/4 ln 2 = 1/4 ln 2.
    assert comparison.positions == 3
    assert comparison.kl_mean == pytest.approx(math.log(2) / 12)
    # 99% of the way from the second of three to the third, which are 0 and 1/4 ln 2.
    assert comparison.kl_p99 == pytest.approx(0.98 * math.log(2) / 4)
    assert comparison.same_top_share == pytest.approx(2 / 3)
    # The reference gives the text 1/2 * 1/4 * 1/4, the other 1/2 * 1/2 * 1/4: of three tokens each.
    assert comparison.reference_perplexity == pytest.approx(32 ** (1 / 3))
    assert comparison.other_perplexity == pytest.approx(16 ** (1 / 3))
