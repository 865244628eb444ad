"""The engine's own flags, as far as an environment can carry them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from stacks.engines.engine import Engine, FlagValue, text

# CreateModel's limits of an Environment: names [a-zA-Z_][a-zA-Z0-9_]*, values of 1024 characters.
# A dash becomes an underscore; the containers turn every one into a dash again.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*")
_MOST_CHARACTERS = 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def flag_problem(name: str, value: FlagValue) -> str | None:
    """Say what keeps a flag out of a container's environment; the value is never repeated."""
    if not _NAME.fullmatch(name):
        return (
            f"{name!r} must be spelled like max_num_seqs: letters, digits and single _ or - "
            "between them, because an environment variable carries it"
        )
    try:
        spelled = text(value)
    except (TypeError, ValueError):
        return f"{name!r} must have a value that JSON has: no date, time, nan or inf"
    if len(spelled) > _MOST_CHARACTERS:
        return f"{name!r} must be at most {_MOST_CHARACTERS} characters, SageMaker's limit"
    if _CONTROL.search(spelled):
        return f"{name!r} must have no control characters"
    return None


def losses(engine: Engine, flags: Mapping[str, FlagValue], derived: Iterable[str]) -> list[str]:
    """Say which flags get lost on their way: set by something else, too, or cut at a line's end.

    Args:
        engine: spells flags as variables.
        flags: by the names in config.
        derived: variables that follow from other settings.
    """
    problems, taken, known = [], {*derived}, dict[str, str]()
    for flag in flags:
        variable = engine.variable(flag)
        if variable in taken:
            problems.append(f"{flag}: must be left out, it follows from the other settings")
        elif variable in known:
            problems.append(
                f"{flag}: must be left out beside {known[variable]}: both set {variable}"
            )
        elif engine.reads_lines and "\n" in text(flags[flag]):
            problems.append(
                f"{flag}: must be in one line for engine {engine.name}: its container "
                "reads its environment line by line"
            )
        known[variable] = flag
    return problems
