"""The [api.cold_start] section: the answer to a caller while no instance can serve."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.config.section import Section


class ColdStartConfig(Section):
    """[api.cold_start]: a rejection, a wait or a place in the queue.

    Attributes:
        mode: "reject" answers 503 and says when to come back, "hold" lets the caller wait for the
            first instance, "queue" turns a request into a background response of [async]. Sets
            TWIN_COLD_START.
        hold_seconds: longest wait; together with model_timeout_seconds within
            lambda_timeout_seconds. Sets TWIN_HOLD_SECONDS.
        max_held_requests: requests that wait at once, of all functions together; more are rejected.
            Sets TWIN_MAX_HELD_REQUESTS.
        expected_start_seconds: duration of a start until one has been measured. Sets
            TWIN_EXPECTED_START_SECONDS.
    """

    mode: Literal["reject", "hold", "queue"] = "reject"
    hold_seconds: Annotated[int, Field(ge=1, le=899)] = 600
    max_held_requests: Annotated[int, Field(ge=1, le=1_000)] = 100
    expected_start_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
