"""The config file that realises a recommendation."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from math import ceil
from pathlib import Path

from pydantic import ValidationError

from planner.errors import PlanError
from planner.models.known import hub_ids
from planner.recommend.candidates import SEQUENCES
from planner.recommend.needs import Needs
from planner.recommend.option import REQUEST_SECONDS, Option
from planner.recommend.realtime import rests
from planner.recommend.starts import ALARM_SECONDS, OPENS_BEFORE_MINUTES
from stacks.config import StageConfig

_BUCKET = "s3://my-weights"
_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_GATED = ("meta-llama/", "google/gemma-")
_LOADED = ("fp8", "bitsandbytes")
"""Formats that vLLM makes while loading; others are stored."""

_CONCURRENCY_SHARE = 0.5
_LINES = 500
_MINUTE = 60


def stage_file(needs: Needs, best: Option, stage: str) -> str:
    """Return the text of config/<stage>.toml.

    Raises:
        PlanError: the stacks would not take it, with the reason.
    """
    parts = [
        f"# {stage}: {best.kind}, {best.name}; written by `twin plan recommend`.\n",
        _project(needs, stage),
        _model(needs, best),
        *_sections(needs, best),
    ]
    return _accepted("\n".join(parts), stage)


def function_file(needs: Needs, context: int, stage: str) -> str:
    """Return the text of config/<stage>.toml for a model in the streaming function.

    Args:
        needs: of the deployment.
        context: most tokens of a request.
        stage: its name.

    Raises:
        PlanError: the stacks would not take it, with the reason.
    """
    name = _name(needs)
    source = f's3 = "{_BUCKET}/{name}-gguf/" # one *.gguf of yours'
    if _is_gguf(Path(needs.model)):
        source = f'artifacts = "{needs.model}"'
    text = (
        f"# {stage}: the model in a function; written by `twin plan recommend`.\n\n"
        f"{_project(needs, stage)}\n"
        f'[model]\nid = "{name}"\nengine = "llama-cpp"\n'
        f"{source}\ncontext_length = {context}\n\n[monolith]\n\n[api]\n"
    )
    return _accepted(text, stage)


def _accepted(text: str, stage: str) -> str:
    try:
        StageConfig.model_validate(
            {"stage": stage, **tomllib.loads(text)}, context={"root": Path.cwd()}
        )
    except ValidationError as error:
        told = "; ".join(str(each["msg"]) for each in error.errors())
        raise PlanError(f"config: {told}; must be written by hand") from error
    return text


def _project(needs: Needs, stage: str) -> str:
    return (
        f'[project]\nname = "twin"\nregion = "{needs.region}"\n\n'
        f'[project.tags]\nproject = "llm-twin"\nstage = "{stage}"\n'
    )


def _name(needs: Needs) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", Path(needs.model).name.lower())


def _model(needs: Needs, best: Option) -> str:
    name = _name(needs)
    stored = best.candidate.format
    engine = "llama-cpp" if _is_gguf(Path(needs.model)) else "vllm"
    lines = ["[model]", f'id = "{name}"', f'engine = "{engine}"', *_source(needs, best, name)]
    lines += [
        f"context_length = {best.candidate.serving.fit.context}",
        f"max_concurrent_sequences = {_sequences(best)}",
    ]
    if stored in needs.evaluated and stored in _LOADED:
        lines.append(f'quantization = "{stored}"')
    return "\n".join(lines) + "\n"


def _source(needs: Needs, best: Option, name: str) -> Iterator[str]:
    stored, path = best.candidate.format, Path(needs.model)
    if stored in needs.evaluated and stored not in _LOADED:
        yield f's3 = "{_BUCKET}/{name}-{stored}/" # your weights, quantized to {stored}'
    elif path.is_dir():
        yield f'artifacts = "{needs.model}"'
    else:
        known = [needs.model] if _HUB.fullmatch(needs.model) else hub_ids(needs.model)
        public = [hub for hub in known if not hub.startswith(_GATED)]
        if public:
            yield f'hub = "{public[0]}" # or s3, a prefix with weights of your own'
        else:
            yield f's3 = "{_BUCKET}/{name}/" # your weights'


def _is_gguf(path: Path) -> bool:
    return path.is_dir() and any(path.glob("*.gguf"))


def _sequences(best: Option) -> int:
    speed = best.candidate.serving.speed
    return max(1, min(SEQUENCES, speed.slots))


def _sections(needs: Needs, best: Option) -> Iterator[str]:
    if best.kind == "real-time":
        yield _realtime(needs, best)
        return
    yield _at_rest(best)
    yield "[api]\n"
    if best.kind == "asynchronous":
        yield (
            f"[async]\n{_host(best)}min_instances = {best.least}\nmax_instances = {best.most}\n"
            f"target_backlog_per_instance = {2 * _sequences(best)}\n{_times(needs, best)}"
        )
    else:
        archive = ""
        if best.candidate.format in needs.evaluated and best.candidate.format not in _LOADED:
            archive = f'model_archive = "{_BUCKET}/weights.tar.gz" # the same weights\n'
        yield (
            f'[batch]\ninstance_type = "{best.candidate.instance}"\ninstance_count = {best.most}\n'
            f"max_concurrent_transforms = {_sequences(best)}\nlines_per_shard = {_LINES}\n{archive}"
        )


def _times(needs: Needs, best: Option) -> str:
    """Return the longest run of a request, and the idle time before instances go: longer by law."""
    speed, tokens = best.candidate.serving.speed, needs.tokens_in + needs.tokens_out
    slowest = needs.tokens_in * speed.prefill
    slowest += needs.tokens_out * speed.step_seconds(_sequences(best), tokens)
    usual = ALARM_SECONDS - _MINUTE
    timeout = min(REQUEST_SECONDS, max(usual, ceil(2 * slowest / _MINUTE) * _MINUTE))
    return (
        f"invocation_timeout_seconds = {timeout:.0f}\n"
        f"scale_in_after_idle_seconds = {timeout + _MINUTE:.0f}\n"
    )


def _host(best: Option) -> str:
    return (
        f'instance_type = "{best.candidate.instance}"\nhealth_check_timeout_seconds = 1800\n'
        "download_timeout_seconds = 1800\n"
    )


def _at_rest(best: Option) -> str:
    """Return the section of the endpoint that every stage has, at zero: nothing to pay."""
    return (
        f"[realtime] # every stage has one; at zero it costs nothing\n{_host(best)}\n"
        "[realtime.autoscaling]\nscale_to_zero = true\nmax_instances = 1\n"
    )


def _realtime(needs: Needs, best: Option) -> str:
    zero = rests(needs) is not None
    text = f"[realtime]\n{_host(best)}initial_instance_count = {best.least}\n"
    limits = "scale_to_zero = true" if zero else f"min_instances = {best.least}"
    target = best.target or max(1.0, _CONCURRENCY_SHARE * _sequences(best))
    text += (
        f"\n[realtime.autoscaling]\n{limits}\nmax_instances = {best.most}\ntarget = {target:g}\n"
    )
    if zero and needs.opens is not None and needs.closes is not None:
        text += _schedules(needs, best)
    if not zero and best.least >= 2:
        text += '\n[realtime.deployment]\nstrategy = "canary"\n'
    text += "\n[api]\n"
    if zero:
        text += (
            "lambda_timeout_seconds = 890\ngateway_timeout_seconds = 900\n"
            '\n[api.cold_start]\nmode = "hold"\nhold_seconds = 600\n'
        )
    return text


def _schedules(needs: Needs, best: Option) -> str:
    opens = max(0.0, (needs.opens or 0.0) * 60 - OPENS_BEFORE_MINUTES)
    closes = min(24 * 60 - 1.0, (needs.closes or 0.0) * 60)
    day = "* * ?" if needs.days == "MON-SUN" else f"? * {needs.days}"
    both = (("opens", opens, best.least), ("closes", closes, 0))
    return "".join(
        f'\n[[realtime.autoscaling.schedules]]\nname = "{name}"\n'
        f'schedule = "cron({minutes % 60:.0f} {minutes // 60:.0f} {day} *)"\n'
        f'timezone = "UTC" # of the hours\nmin_instances = {least}\n'
        for name, minutes, least in both
    )
