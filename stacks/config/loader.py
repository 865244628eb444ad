"""The loader of a stage's TOML file, which reports every mistake in one readable message."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stacks.config.credentials import ADVICE, is_credential
from stacks.config.section import Section, nested_section, spelled_fields
from stacks.config.stage import StageConfig

# What people look for here, and what there is instead.
_INSTEAD = {
    "serverless": (
        "SageMaker's serverless endpoints have no GPU and 6 GB at most; for nothing to pay when "
        "idle there are realtime.autoscaling.scale_to_zero and [async]"
    ),
    "package_platform": "it is in [project] now, as stages without [api] have functions too",
    "target_concurrent_requests": "it is target now, of metric 'concurrency'",
}


class ConfigError(Exception):
    """Config is missing or wrong; the message says where, what was found and what is allowed."""


def load_stage(
    stage: object, root: Path, region: str | None = None, *, package_platform: str | None = None
) -> StageConfig:
    """Read config/<stage>.toml.

    Args:
        stage: name of the stage, as given to the CDK CLI by `-c stage=`.
        root: the project's root directory.
        region: region of the deploying credentials, which must have what a stage without a region
            of its own asks for; None if it is not known.
        package_platform: in the place of project.package_platform: any stage may be deployed to the
            local cloud; None leaves the file's.

    Raises:
        ConfigError: there is no such stage, or its file does not describe one.
    """
    stages = {path.stem: path for path in sorted((root / "config").glob("*.toml"))}
    if not isinstance(stage, str) or stage not in stages:
        raise ConfigError(
            f"stage: got {stage!r}; must be -c stage=NAME, one of {', '.join(stages)}"
        )
    path = stages[stage]
    file = path.relative_to(root)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        if package_platform is not None and isinstance(project := tables.get("project"), dict):
            project["package_platform"] = package_platform
        context = {"root": root, "region": region}
        return StageConfig.model_validate({"stage": stage, **tables}, context=context)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    except ValidationError as error:
        lines = (line for details in error.errors() for line in _explain(details))
        raise ConfigError("\n".join(f"{file}: {line}" for line in lines)) from None


def _explain(details: ErrorDetails) -> Iterator[str]:
    key = ".".join(str(part) for part in details["loc"])
    if is_credential(key, details["input"]):
        yield f"{key}: {ADVICE}"
    elif details["type"] == "extra_forbidden":
        yield f"{key}: unknown key{_suggest(details)}"
    elif details["type"] == "missing":
        yield f"{key}: missing"
    elif details["type"] == "value_error":
        yield from _explain_value_error(key, details)
    else:
        yield f"{key}: got {details['input']!r}; {_allowed(details['msg'])}"


def _explain_value_error(key: str, details: ErrorDetails) -> Iterator[str]:
    """Explain an error of our own validators: about one value, or about keys that it names."""
    message = str(details["ctx"]["error"])
    if isinstance(details["input"], dict):
        yield from (f"{key}.{line}".lstrip(".") for line in message.splitlines())
    else:
        yield f"{key}: got {details['input']!r}; {message}"


def _allowed(message: str) -> str:
    """Turn pydantic's "Input should be ..." into our "must be ..."."""
    return message.replace("Input should", "must", 1).replace("String should", "must", 1)


def _suggest(details: ErrorDetails) -> str:
    *section, key = details["loc"]
    if key in _INSTEAD:
        return f"; {_INSTEAD[str(key)]}"
    known = _known(section)
    near = difflib.get_close_matches(str(key), known, n=1)
    return f"; did you mean {near[0]}" if near else f"; must be one of {', '.join(known)}"


def _known(section: list[int | str]) -> list[str]:
    """Return the keys of a section, given by its path: a number is a place in a list."""
    model: type[Section] = StageConfig
    for part in section:
        if isinstance(part, str):
            model = nested_section(spelled_fields(model)[part].annotation) or model
    return [name for name in spelled_fields(model) if name != "stage"]
