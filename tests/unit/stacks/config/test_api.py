"""Which web pages may call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stage_files import PROD, load, message


def test_no_page_may_call_by_default(root: Path) -> None:
    assert load(root, PROD).api.cors_origins == []


@pytest.mark.parametrize(
    "origins",
    [["*"], ["https://app.example.com", "http://localhost:3000"], ["http://127.0.0.1:8080"]],
)
def test_origins_are_written_as_browsers_write_them(root: Path, origins: list[str]) -> None:
    assert load(root, PROD, api__cors_origins=origins).api.cors_origins == origins


@pytest.mark.parametrize(
    "origin",
    [
        "app.example.com",
        "https://app.example.com/",
        "https://*.example.com",
        "https://app.example.com:port",
        "null",
        "",
        "HTTPS://App.example.com",
    ],
)
def test_what_no_browser_sends_is_refused(root: Path, origin: str) -> None:
    assert "api.cors_origins" in message(root, PROD, api__cors_origins=[origin])


def test_every_origin_beside_some_is_refused(root: Path) -> None:
    told = message(root, PROD, api__cors_origins=["*", "https://app.example.com"])
    assert '"*" allows every origin already' in told
