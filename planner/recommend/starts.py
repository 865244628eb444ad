"""Times that an instance is paid for around its work: the start, the idle alarm, the release."""

from __future__ import annotations

from planner.hardware.catalogue import provisioning

DECISION_SECONDS = 102.0
"""From the first refused request to the scaling decision.

Measured on ml.g5.xlarge: huggingface/skills, hf-cloud-sagemaker-production-defaults, 2026-07.
"""

START_SECONDS = DECISION_SECONDS + provisioning("from-zero").median
"""From the first request at zero to an instance in service: 9 min 24 s, same source."""

ALARM_SECONDS, RELEASE_SECONDS = 900.0, 720.0
"""Of target tracking's alarm before a scale-in, and from a copy's end to its instance's."""

MEASURED_START = "ml.g5.xlarge"
"""Instance type whose start from zero was measured; others have its time by assumption."""

OPENS_BEFORE_MINUTES = 15
"""Minutes before the hours that a schedule starts the first instance."""
