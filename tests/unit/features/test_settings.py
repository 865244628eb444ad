from __future__ import annotations

from pathlib import Path

import pytest

from features.settings import Settings, SettingsError, StoreSettings


@pytest.fixture
def told(monkeypatch):
    return lambda name, value: monkeypatch.setenv(f"TWIN_FEATURES_{name}", value)


def test_variables_are_read_with_their_types(told):
    told("INDEX_BUCKET", "b")
    told("EMBEDDER", "bedrock")
    told("EMBEDDER_DIMENSION", "512")
    told("EMBEDDER_DIRECTORY", "/x")
    told("STORES", '[{"name": "docs", "keys": ["web"]}, {"name": "more"}]')
    told("CALLERS_MB", "93")
    settings = Settings.from_environment("index_bucket")
    assert settings == Settings(
        index_bucket="b",
        embedder="bedrock",
        embedder_dimension=512,
        embedder_directory=Path("/x"),
        stores=(StoreSettings("docs", frozenset({"web"})), StoreSettings("more")),
        callers_mb=93,
    )
    assert settings.callers_bytes == 93 << 20


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMBEDDER", "word2vec"),
        ("EMBEDDER_DIMENSION", "many"),
        ("STORES", "{"),
        ("STORES", "[{}]"),
        ("REFRESH_SECONDS", "soon"),
        ("CALLERS_MB", "all"),
    ],
)
def test_impossible_values_are_named(told, name, value):
    told(name, value)
    with pytest.raises(SettingsError, match=f"TWIN_FEATURES_{name} is"):
        Settings.from_environment()


def test_what_is_needed_must_be_set():
    with pytest.raises(SettingsError, match="TWIN_FEATURES_INDEX_BUCKET must be set"):
        Settings.from_environment("index_bucket")
