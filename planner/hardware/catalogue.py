"""The catalogue: instances, GPUs and published measurements, from catalogue.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from planner.errors import PlanError
from planner.models.known import suggest
from planner.prices.price_list import find_instance_price
from stacks.engines.offers import load_offers

GIB = 2**30
# Instances without a GPU that engines run on: c7i, m5, r6i, t3, ...
_CPU = re.compile(r"ml\.[cmrt]\d")


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """A GPU, and the link to others of its instance.

    Attributes:
        name: such as A10G.
        memory_gib: total memory as CUDA reports it.
        bandwidth_gb: GB/s of its memory.
        bandwidth_share: of the bandwidth, what reading weights reaches.
        tflops: dense 16-bit TFLOPS of its tensor cores.
        fp8: whether these run FP8, at twice the speed.
        hop_us: microseconds of one hop of an all-reduce, which n GPUs do in 2(n-1).
        link_gb: GB/s of an all-reduce's small messages.
        bulk_gb: GB/s of an all-reduce's large messages.
    """

    name: str
    memory_gib: float
    bandwidth_gb: float
    bandwidth_share: float
    tflops: float
    fp8: bool
    hop_us: float
    link_gb: float
    bulk_gb: float


@dataclass(frozen=True)
class Instance:
    """An instance type.

    Attributes:
        name: such as ml.g5.2xlarge.
        gpu: of which it has some.
        gpus: of one instance.
        host_gib: memory of the host, through which the weights are loaded.
        usd_per_hour: on demand in us-east-1; None where the price list has none.
    """

    name: str
    gpu: Gpu
    gpus: int
    host_gib: float
    usd_per_hour: float | None


@dataclass(frozen=True)
class Delay:
    """Seconds until capacity is in service: lognormal around a median.

    Attributes:
        median: seconds.
        spread: standard deviation of the logarithm; 0 is always the median.
    """

    median: float
    spread: float


@cache
def _tables() -> dict[str, Any]:
    text = resources.files("planner").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _lookup(table: str, name: str) -> dict[str, Any]:
    entries: dict[str, dict[str, Any]] = _tables()[table]
    if name not in entries:
        raise PlanError(f"{table}: got {name!r}; {suggest(name, entries)}")
    return entries[name]


def gpu(name: str) -> Gpu:
    """Return a GPU by name.

    Raises:
        PlanError: it is not in the catalogue.
    """
    return Gpu(name=name, **_lookup("gpus", name))


def instance_type(name: str) -> Instance:
    """Return an instance type by name.

    Raises:
        PlanError: it is not in the catalogue, or has no GPU.
    """
    known = _tables()["instances"]
    if name not in known and _CPU.match(name):
        raise PlanError(
            f"instances: got {name!r}; there are no speeds for CPU instances; must be one with a "
            "GPU, such as ml.g6.xlarge"
        )
    if name not in known and load_offers().of_type(name, "endpoint"):
        raise PlanError(
            f"instances: got {name!r}, which SageMaker has, but of whose GPU there are neither "
            f"speeds nor a price here; must be one of {', '.join(known)}"
        )
    entry = _lookup("instances", name)
    found = find_instance_price(name)
    usd = None if found is None else found.usd
    return Instance(name, gpu(entry["gpu"]), entry["gpus"], entry["host_gib"], usd)


def cpu_gib(name: str, vcpus: int) -> float:
    """Return GiB of memory of a CPU instance, at most: small types of burstable families have less.

    Raises:
        PlanError: its family is not in the catalogue.
    """
    family = name.removeprefix("ml.")[:1]
    return float(_lookup("cpu_families", family)["gib_per_vcpu"] * vcpus)


def instance_types() -> list[Instance]:
    """Return all instance types."""
    return [instance_type(name) for name in _tables()["instances"]]


def price(instance: str) -> float:
    """Return USD per hour of one instance.

    Raises:
        PlanError: it is not in the catalogue, or has no price there.
    """
    usd = instance_type(instance).usd_per_hour
    if usd is None:
        raise PlanError(f"instances: got {instance!r}, which has no price in the catalogue yet")
    return usd


def provisioning(kind: str) -> Delay:
    """Return the delay of a kind of start: cached, uncached or from-zero."""
    return Delay(**_lookup("provisioning", kind))


def measurements() -> list[dict[str, Any]]:
    """Return the published tables behind the measured speeds."""
    rows: list[dict[str, Any]] = _tables()["measured"]
    return rows
