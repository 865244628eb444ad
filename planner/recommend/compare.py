"""Comparison of options: the best, the runner-up, and what would turn the order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planner.errors import PlanError
from planner.hardware.roofline import LARGEST_ERROR
from planner.recommend.option import Option

_CLOSE = 0.10


def ranked(options: Sequence[Option]) -> list[Option]:
    """Return the options that keep every limit, the cheapest first.

    Raises:
        PlanError: none does; the nearest is named, with what it misses.
    """
    good = [option for option in options if not option.misses]
    if not good:
        nearest = min(options, key=lambda option: (_worst(option), option.usd))
        missed = "; ".join(miss.sentence for miss in nearest.misses)
        raise PlanError(
            f"needs: no instance type keeps the limits; nearest is {nearest.name} at "
            f"{nearest.usd:,.0f} USD a month, where {missed}: must be a longer limit, shorter "
            "requests or a quantized model"
        )
    return sorted(
        good, key=lambda option: (option.usd, not option.candidate.serving.speed.measured)
    )


def _worst(option: Option) -> float:
    return max(miss.got / max(miss.allowed, 1e-9) for miss in option.misses)


def runner_up(best: Option, options: Sequence[Option]) -> str:
    """Return the nearest other option in words, with the number it lost by."""
    cheaper = [each for each in options if each.misses and each.usd < best.usd]
    if cheaper:
        nearest = min(cheaper, key=lambda option: (_worst(option), option.usd))
        missed = "; ".join(miss.sentence for miss in nearest.misses)
        return f"{nearest.name} at {nearest.usd:,.0f} USD: loses on {missed}"
    others = _others(best, options)
    if not others:
        return "none: no other instance type keeps the limits"
    return f"{others[0].name} at {others[0].usd:,.0f} USD: loses by {_dearer(best, others[0])}"


def _others(best: Option, options: Sequence[Option]) -> list[Option]:
    """Return the options on other types that keep every limit, and are no cheaper."""
    return [
        each
        for each in ranked(options)
        if each.candidate.instance != best.candidate.instance and each.usd >= best.usd
    ]


def _dearer(best: Option, other: Option) -> str:
    return f"{other.usd - best.usd:,.0f} USD a month ({other.usd / max(best.usd, 1e-9) - 1:.0%})"


def changes(best: Option, options: Sequence[Option]) -> Iterator[str]:
    """Yield what would make a cheaper option win: the limit that it would need."""
    good = ranked(options)[0]
    if good.usd < best.usd and good.candidate.instance != best.candidate.instance:
        asked = best.candidate.instance
        yield f"without the wish for {asked}, {good.name} does at {good.usd:,.0f} USD"
    cheaper = [each for each in options if each.misses and each.usd < best.usd]
    for option in sorted(cheaper, key=lambda each: each.usd)[:3]:
        needed = " and ".join(f"{miss.name} {miss.got:.3g} {miss.unit}" for miss in option.misses)
        yield (
            f"with {needed} accepted, {option.name} wins at {option.usd:,.0f} USD, "
            f"{option.usd / best.usd:.0%} of the price"
        )


def margins(
    best: Option, options: Sequence[Option], limits: Sequence[tuple[str, float, float]]
) -> Iterator[str]:
    """Yield where a margin is smaller than the model's error, and the measurement that settles it.

    Args:
        best: that is taken.
        options: all of them.
        limits: name, value that is reached, and most that is accepted.
    """
    speed, instance = best.candidate.serving.speed, best.candidate.instance
    for name, got, allowed in limits:
        if not speed.measured and got * (1 + LARGEST_ERROR) > allowed:
            yield (
                f"{name} is within {allowed / got - 1:.0%} of its limit, and the speed an estimate "
                f"that is up to {LARGEST_ERROR:.0%} off: measure it on {instance} and fit it with "
                "`twin plan calibrate` before you commit"
            )
    others = _others(best, options)
    if others and others[0].usd < best.usd * (1 + _CLOSE):
        yield (
            f"{others[0].name} costs only {_dearer(best, others[0])} more, less than the model is "
            "exact: measure both"
        )
