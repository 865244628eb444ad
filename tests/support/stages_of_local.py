"""Stages made of the committed `local`: without its registry, and of little beside it."""

from __future__ import annotations

import re
from pathlib import Path

LIFECYCLE = "lifecycle"
"""The stage of versions: rollouts that update one stack, and a shadow."""

_VERSIONS = ("registry", "rollout")
_JOBS = ("async", "batch", "retrieval")
_SHADOWED = {
    "\n# [realtime.shadow] ": "\n[realtime.shadow] ",
    "\n# instance_count = 1 ": "\ninstance_count = 1 ",
    '\nstage = "local" ': f'\nstage = "{LIFECYCLE}" ',
}
"""What the stage of versions says in the place of what `local` says."""


def split_local(config: Path) -> None:
    """Write `local` without versions in its own place, and `lifecycle`, which has little beside."""
    file = config / "local.toml"
    committed = file.read_text()
    file.write_text(without_versions(committed))
    (config / f"{LIFECYCLE}.toml").write_text(_versions_alone(committed))


def without_versions(text: str) -> str:
    """Return a stage's file without a registry: `model.artifacts` is what serves."""
    return _without_sections(re.sub(r"^registry = true .*\n", "", text, flags=re.M), _VERSIONS)


def _versions_alone(text: str) -> str:
    for said, instead in _SHADOWED.items():
        assert said in text, said
        text = text.replace(said, instead)
    return _without_sections(text, _JOBS)


def _without_sections(text: str, names: tuple[str, ...]) -> str:
    """Leave out sections, with those below them."""
    section = rf"^\[\[?(?:{'|'.join(names)})[\].][\s\S]*?(?=^\[|^# \[|\Z)"
    kept, count = re.subn(section, "", text, flags=re.M)
    assert count >= len(names), names
    return kept
