"""The headers of a throttled request: the limit that was met, as OpenAI tells of one."""

from __future__ import annotations

from math import ceil

from stacks.config import ApiConfig


def rate_limit_headers(config: ApiConfig) -> dict[str, str]:
    """Return OpenAI's headers for a token bucket: a burst of requests, refilled at a rate.

    https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
    """
    rate, burst = config.throttle_rate, config.throttle_burst
    if config.auth == "key":
        rate, burst = config.key_rate, config.key_burst
    return {
        "x-ratelimit-limit-requests": f"'{burst}'",
        "x-ratelimit-remaining-requests": "'0'",
        "x-ratelimit-reset-requests": f"'{ceil(burst / rate)}s'",
    }
