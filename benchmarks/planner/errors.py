"""The planner beside what others measured or decided: errors of speeds, of fits, of scenarios.

    python benchmarks/planner/errors.py

Rows and their sources: rows.toml, scenarios.toml. The speeds that are fitted to AWS's table have a
command of their own, benchmarks/simulator/fit.py.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from planner.errors import PlanError
from planner.fit.flags import EngineFlags
from planner.fit.memory import fit
from planner.fit.serving import serve
from planner.hardware.catalogue import GIB, gpu
from planner.hardware.latency import closed_loop
from planner.models.known import known_model
from planner.recommend.decide import recommend
from planner.recommend.needs import needs

ROWS = Path(__file__).with_name("rows.toml")
SCENARIOS = Path(__file__).with_name("scenarios.toml")
REQUESTS = 30
"""Requests that the benchmark sends at each level: no more are in flight."""
SEQUENCES = (256, 512, 1024)
"""Values of max_num_seqs that a log may have had: vLLM's defaults, and one between."""
CACHED = 0.97
"""Share of a repeated prompt in the prefix cache: all but its last block of 16 tokens."""


def rows(kind: str) -> list[dict[str, Any]]:
    """Return the rows of a kind: fit, weights or speed."""
    found: list[dict[str, Any]] = tomllib.loads(ROWS.read_text())[kind]
    return found


def fit_error(row: dict[str, Any]) -> tuple[int, float, float]:
    """Return KV tokens, GiB of weights and the error of the tokens."""
    flags = EngineFlags(**row["flags"] | {"version": tuple(row["flags"]["version"])})
    device = gpu(row["gpu"])
    device = replace(device, memory_gib=row.get("memory_gib", device.memory_gib))
    found = fit(known_model(row["model"]), device, row.get("gpus", 1), flags)
    return found.kv_tokens, found.weights / GIB, found.kv_tokens / row["kv_tokens"] - 1


def speed_errors(row: dict[str, Any]) -> list[tuple[int, float, float, float]]:
    """Return requests in flight, seconds measured and estimated, and the error of each level."""
    flags = EngineFlags(max_num_seqs=row["max_num_seqs"], max_model_len=4096)
    model = known_model(row["model"])
    serving = serve(model, row["instance"], flags, gpus=row.get("gpus"), cached=CACHED)
    levels = []
    for level, measured in row["seconds"].items():
        concurrency = min(int(level), REQUESTS)
        seconds = closed_loop(serving.speed, concurrency, *row["tokens"]).end_to_end
        levels.append((int(level), measured, seconds, seconds / measured - 1))
    return levels


def show_speeds() -> None:
    """Print a row a measurement: seconds measured, estimated and the error."""
    print("| model, instance, tokens in and out | C: measured / estimated (error) |")
    print("| --- | --- |")
    named, every = [], []
    for row in rows("speed"):
        levels = speed_errors(row)
        errors = [abs(error) for *_, error in levels]
        every += errors
        named += errors if row.get("bar") else []
        cells = (f"{c}: {was:.2f} / {found:.2f} ({error:+.0%})" for c, was, found, error in levels)
        on = f" on {row['gpus']} GPU" if "gpus" in row else ""
        title = f"{row['model']}, {row['instance']}{on}, {row['tokens'][0]} / {row['tokens'][1]}"
        print(f"| {title} |", ", ".join(cells), "|")
    print(f"\nthe first four: {_summary(named)}; all: {_summary(every)}")


def show_fits() -> None:
    """Print a row a log: weights and KV tokens, logged and computed."""
    print("\n| row | model, GPUs | weights GiB | KV tokens logged | computed | error |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    errors = []
    for row in rows("fit"):
        tokens, weights, error = fit_error(row)
        errors += [abs(error)] if row.get("bar", True) else []
        logged = f"{row['weights_gib']} / " if "weights_gib" in row else ""
        name = f"{row['model']}, {row.get('gpus', 1)} x {row.get('device', row['gpu'])}"
        print(
            f"| {row['row']} | {name} | {logged}{weights:.2f} | {row['kv_tokens']:,} "
            f"| {tokens:,} | {error:+.1%} |"
        )
    print(f"\nwithout row 5: {_summary(errors)}")
    show_unknown_flag()
    show_weights()


def show_unknown_flag() -> None:
    """Print the rows whose log does not say max_num_seqs, computed with each likely value."""
    for row in rows("fit"):
        if row.get("bar", True):
            continue
        found = []
        for sequences in SEQUENCES:
            tokens, _, error = fit_error(
                row | {"flags": row["flags"] | {"max_num_seqs": sequences}}
            )
            found.append(f"with {sequences} {tokens:,} ({error:+.1%})")
        print(f"\nrow {row['row']} does not say its max_num_seqs: {', '.join(found)}")


def show_weights() -> None:
    """Print row 10, of which the weights alone can be compared."""
    print("\n| row | model | memory of the model on an A10G, GB | weights, GB | beside them |")
    print("| --- | --- | ---: | ---: | ---: |")
    for row in rows("weights"):
        weights = known_model(row["model"]).weights_bytes / 1e9
        beside = row["gb"] - weights
        print(f"| 10 | {row['model']} | {row['gb']} | {weights:.2f} | {beside:.2f} |")


def show_scenarios() -> None:
    """Print a row a scenario: decided by hand and by the planner, and what changed."""
    print("\n| scenario | by hand | USD | planner | USD | error | what changed |")
    print("| --- | --- | ---: | --- | ---: | ---: | --- |")
    for row in tomllib.loads(SCENARIOS.read_text())["scenario"]:
        expected, changed = row["expected"], row.get("changed", "")
        try:
            found = recommend(needs(row["needs"]))
        except PlanError as refused:
            print(f"| {row['title']} | refused | | {str(refused).partition(';')[0]} | | | |")
            continue
        hand = ", ".join(str(expected[key]) for key in ("type", "instance", "quantization"))
        best, held = found.best, found.topology.function
        name = f"one function, {held.format}" if held else best.name
        total = found.usd if held else best.usd
        usd = f"{expected['usd']:,} | {best.kind}, {name} | {total:,.0f}"
        error = total / expected["usd"] - 1
        print(f"| {row['title']} | {hand} | {usd} | {error:+.0%} | {changed} |")


def _summary(errors: list[float]) -> str:
    return f"mean {sum(errors) / len(errors):.1%}, largest {max(errors):.1%}"


if __name__ == "__main__":
    show_speeds()
    show_fits()
    show_scenarios()
