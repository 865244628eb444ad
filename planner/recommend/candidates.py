"""Candidates: instance types and weight formats on which a model fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planner.errors import PlanError
from planner.fit.flags import EngineFlags
from planner.fit.serving import Serving, serve
from planner.hardware.catalogue import GIB, Instance, instance_type, instance_types
from planner.models.model import Model
from planner.models.quantization import known_format
from planner.prices.price_list import check_region, instance_price
from planner.recommend.needs import Needs
from stacks.engines.offers import Use, load_offers

SEQUENCES = 64
"""Sequences decoded at once: what the written config sets."""

_HOST_SPARE_GIB = 4
"""Memory of the host beside the weights, which pass through: for the system and the engine."""


@dataclass(frozen=True)
class Candidate:
    """A model in a format on an instance type.

    Attributes:
        serving: the model there, with its fit and speed.
        usd_per_hour: of one instance.
    """

    serving: Serving
    usd_per_hour: float

    @property
    def instance(self) -> str:
        """Name of the instance type."""
        return self.serving.instance.name

    @property
    def format(self) -> str:
        """Format of the weights."""
        return self.serving.model.format.name


def models(needs: Needs, model: Model) -> list[Model]:
    """Return the model as it is stored, and in each format that was evaluated.

    Raises:
        PlanError: a format is not known, or the weights are quantized already.
    """
    return [model, *(model.quantized(known_format(name)) for name in needs.evaluated)]


def candidates(needs: Needs, model: Model, use: Use) -> list[Candidate]:
    """Return every pair of instance type and format that fits, of the cheapest type of each kind.

    Types with the same GPUs differ in the host only: of these, the cheapest whose memory the
    weights pass through.

    Raises:
        PlanError: a format is unknown, the region has no prices, or the type that was asked for
            does not hold the model.
    """
    check_region(needs.region)
    longest = _context(needs, model)
    flags = EngineFlags(max_num_seqs=SEQUENCES, max_model_len=longest)
    found = [
        Candidate(serving, instance_price(serving.instance.name, needs.region).usd)
        for each in models(needs, model)
        for instance in _instances(needs, each, use)
        if not (serving := serve(each, instance, flags, cached=needs.cached_share)).fit.refusal
    ]
    if not found:
        raise PlanError(_refusal(needs, model, use, flags))
    return found


def _context(needs: Needs, model: Model) -> int:
    """Return the most tokens of a request: as asked, or some more than the average.

    Raises:
        PlanError: the model takes fewer.
    """
    model.check_context(needs.context or needs.tokens_in + needs.tokens_out)
    return min(needs.longest, model.shape.context_length or needs.longest)


def _instances(needs: Needs, model: Model, use: Use) -> Iterator[Instance]:
    """Yield the cheapest priced type of each kind of GPUs; or the one that was asked for."""
    offered = {*load_offers().in_region(needs.region, use)}
    if needs.instance is not None:
        asked = instance_type(needs.instance)
        if asked.name not in offered:
            raise PlanError(
                f"instance: got {asked.name!r}, which {needs.region} does not have for {use}; must "
                "be another, or left out"
            )
        yield asked
        return
    kinds: dict[tuple[str, int], Instance] = {}
    for instance in instance_types():
        usd, room = instance.usd_per_hour, instance.host_gib - _HOST_SPARE_GIB
        if instance.name not in offered or usd is None or room < model.weights_bytes / GIB:
            continue
        kind = (instance.gpu.name, instance.gpus)
        known = kinds.get(kind)
        if known is None or usd < (known.usd_per_hour or usd):
            kinds[kind] = instance
    yield from kinds.values()


def _refusal(needs: Needs, model: Model, use: Use, flags: EngineFlags) -> str:
    """Return why nothing fits, with the sum, and what would."""
    if needs.instance is None:
        return (
            f"model {model.name!r} with {needs.longest} tokens: fits no instance type that "
            f"{needs.region} has for {use}; must be quantized, or have a shorter context"
        )
    asked = serve(model, needs.instance, flags)
    offers = []
    if asked.fit.largest_context >= needs.tokens_in:
        offers.append(f"a context of {asked.fit.largest_context} tokens there")
    free = needs.model_copy(update={"instance": None})
    larger = sorted(candidates(free, model, use), key=lambda each: each.usd_per_hour)[:1]
    offers += [
        f"{each.instance} ({each.serving.fit.kv_tokens} tokens of KV cache, "
        f"{each.usd_per_hour:g} USD an hour)"
        for each in larger
    ]
    quantized = serve(model.quantized(known_format("awq")), needs.instance, flags)
    if quantized.fit.refusal is None or quantized.fit.largest_context > needs.tokens_in:
        offers.append(
            "4-bit weights there, once evaluated: "
            f"{quantized.fit.largest_context} tokens of context"
        )
    return (
        f"{model.name} with {needs.longest} tokens does not fit {needs.instance}: "
        f"{asked.fit.refusal}; must be {', or '.join(offers)}"
    )
