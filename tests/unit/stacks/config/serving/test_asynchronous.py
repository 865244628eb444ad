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


@pytest.mark.parametrize("name", ["whsec_", "whsec_QUJD", "whsec_short"])
def test_a_secret_is_no_name_however_short(root: Path, name: str) -> None:
    webhook = {"url": "https://example.com/hooks", "secret_name": name}
    text = message(root, PROD, **{"async": {**ASYNC, "webhook": webhook}})
    assert "async.webhook.secret_name" in text
    assert "must be the secret's name in Secrets Manager" in text


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/a?b=c",
        "https://example.com?token=x",
        "http://127.0.0.1:8000/hook",
        "http://localhost",
        "http://[::1]:8000/",
    ],
)
def test_a_receiver_is_reached_by_https_or_on_this_machine(root: Path, url: str) -> None:
    webhook = {"url": url, "secret_name": "twin/webhook"}
    config = load(root, PROD, **{"async": {**ASYNC, "webhook": webhook}}).asynchronous
    assert config is not None
    assert config.webhook is not None
    assert config.webhook.url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///hook",
        "https://user@example.com",
        "https://a b",
        "ftp://a",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com",
        "http://10.0.0.1/",
    ],
)
def test_another_address_is_refused(root: Path, url: str) -> None:
    webhook = {"url": url, "secret_name": "twin/webhook"}
    text = message(root, PROD, **{"async": {**ASYNC, "webhook": webhook}})
    assert "async.webhook.url" in text
