"""Stages to try out: the committed ones, with some of their keys changed."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from stacks.config import ConfigError, StageConfig, load_stage
from tests.support.project import PROJECT
from tests.support.stages_of_local import without_versions

PROD = tomllib.loads((PROJECT / "config" / "prod.toml").read_text())
CHAT_TEMPLATE: str = PROD["model"].pop("chat_template")
"""Prod's, by its file, which a stage that is written elsewhere has not beside it."""

LOCAL = tomllib.loads(without_versions((PROJECT / "config" / "local.toml").read_text()))


ALONE: dict[str, Any] = {"api": None, "async": None, "batch": None, "retrieval": None}
"""The changes that leave a stage its endpoint and nothing else."""


def toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    return str(value)


def write(path: Path, base: dict[str, Any], **changes: Any) -> None:
    """Write a stage's file with some keys changed; a key changed to None is left out."""
    tables = copy.deepcopy(base)
    for key, value in changes.items():
        *sections, name = key.split("__")
        table = tables
        for part in sections:
            table = table.setdefault(part, {})
        if value is None:
            table.pop(name, None)
        else:
            table[name] = copy.deepcopy(value)
    text = "\n".join(f"{name} = {toml(table)}" for name, table in tables.items())
    path.write_text(text)


def load(root: Path, base: dict[str, Any], **changes: Any) -> StageConfig:
    """Load a stage with some keys changed, as `write` changes them."""
    write(root / "config" / "test.toml", base, **changes)
    return load_stage("test", root)


def message(root: Path, base: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load(root, base, **changes)
    return str(caught.value)
