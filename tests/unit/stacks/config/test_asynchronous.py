"""[async]: switched on by being there, and refused before a GPU is paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stage_files import PROD, load, message

ASYNC = {"instance_type": "ml.g6e.xlarge", "max_instances": 2}


def test_it_is_left_out_unless_its_section_is_there(root: Path) -> None:
    assert load(root, PROD, **{"async": None}).asynchronous is None


def test_it_is_switched_on_by_its_section(root: Path) -> None:
    config = load(root, PROD, **{"async": ASYNC}).asynchronous
    assert config is not None
    assert (config.min_instances, config.max_instances) == (0, 2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"max_instance": 2}, "async.max_instance: unknown key; did you mean max_instanc"),
        (
            {"min_instances": 3},
            "async.max_instances: got 2; must be at least min_instances (3)",
        ),
        (
            {"invocation_timeout_seconds": 1200, "scale_in_after_idle_seconds": 1200},
            "async.scale_in_after_idle_seconds: got 1200; must be more than "
            "invocation_timeout_seconds (1200)",
        ),
        (
            {"scale_in_after_idle_seconds": 1201},
            "async.scale_in_after_idle_seconds: got 1201; must be a multiple of 60",
        ),
        (
            {"invocation_timeout_seconds": 3601},
            "async.invocation_timeout_seconds: got 3601; must be less than or equal to 3600",
        ),
        (
            {"request_ttl_seconds": 59},
            "async.request_ttl_seconds: got 59; must be greater than or equal to 60",
        ),
        (
            {"instance_type": "ml.c7i.xlarge"},
            "async.instance_type: got 'ml.c7i.xlarge'; engine vllm must have a GPU",
        ),
        (
            {"webhook": {"url": "http://example.com", "secret_name": "twin"}},
            "async.webhook.url: got 'http://example.com'; must match pattern",
        ),
        (
            {"webhook": {"url": "https://example.com", "secret": "twin"}},
            "async.webhook.secret_name: missing",
        ),
    ],
)
def test_what_is_wrong_is_named_before_a_gpu_is_paid_for(
    root: Path, changes: dict[str, Any], expected: str
) -> None:
    text = message(root, PROD, **{"async": {**ASYNC, **changes}})
    assert f"config/test.toml: {expected}" in text


def test_a_signing_key_is_refused_and_not_repeated(root: Path) -> None:
    key = "whsec_" + "a" * 32
    webhook = {"url": "https://example.com/hooks", "secret_name": key}
    text = message(root, PROD, **{"async": {**ASYNC, "webhook": webhook}})
    assert key not in text
    assert "async.webhook.secret_name: must not be a credential" in text
