"""The book's policy in overload, by the tokens of a prompt that a step reads beside decoding.

    python benchmarks/simulator/mixing.py AzureLLMInferenceTrace_conv.csv

A step that reads a whole prompt lets one token of each other answer through: a stall. A step of one
token is perfect mixing, in which prompts delay nobody, and which no engine reaches.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from planner.experiment import Experiment
from planner.hardware.demand import survey
from planner.models.known import known_model
from planner.policies.presets import preset
from planner.simulator.endpoint import endpoint
from planner.simulator.outcome import Objective
from planner.workload.trace import read_trace

SERVED = endpoint(known_model("llama-3.1-8b"), "ml.g5.2xlarge", Objective())
STEPS = {
    "whole prompts": 10**9,
    "chunks of 8,192": 8192,
    "chunks of 2,048 (vLLM's default)": SERVED.speed.step_tokens,
    "chunks of 512": 512,
    "perfect mixing": 1,
}


def main() -> None:
    """Print a row a size of step: requests within the objective, and time per token."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path, help="Azure's conversation trace, CSV")
    kept = list(read_trace(parser.parse_args().trace))
    seen = survey(kept, SERVED.speed)
    book = preset("book", seen.most_requests_per_second)
    print("| a step reads | within SLO | first token p95, s | per token p95, ms |")
    print("| --- | ---: | ---: | ---: |")
    for name, tokens in STEPS.items():
        speed = replace(SERVED.speed, step_tokens=tokens)
        found = Experiment(lambda: kept, seen, replace(SERVED, speed=speed)).run(book)
        first, each = found.first_token[1], 1000 * found.per_token[1]
        print(f"| {name} | {found.within:.2%} | {first:.2f} | {each:.0f} |")


if __name__ == "__main__":
    main()
