"""The assumed delays, against the one start from zero that was measured with its alarm."""

from __future__ import annotations

import pytest

from autoscaling.assumptions import ASSUMED

PERIOD = 30


def test_the_delays_add_up_to_the_measured_start() -> None:
    # huggingface/skills, hf-cloud-sagemaker-production-defaults: alarm at 67 s, capacity at 102 s.
    alarm = PERIOD + ASSUMED.publication_delay
    assert alarm == pytest.approx(67, abs=5)
    assert alarm + ASSUMED.reaction_delay == pytest.approx(102, abs=5)
