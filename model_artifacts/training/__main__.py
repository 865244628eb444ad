"""The command that trains the demo model: `python -m model_artifacts.training --out DIR`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.gguf.quantize import quantize
from model_artifacts.training.corpus import read_corpus
from model_artifacts.training.recipe import Recipe
from model_artifacts.training.train import train

INFO = ModelInfo(
    name="LLM twin demo",
    license="apache-2.0",
    description="A tiny demo model that knows a glossary of LLM serving by heart",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m model_artifacts.training", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory to write to")
    parser.add_argument(
        "--seed", type=int, default=Recipe.seed, help="seed of weights and examples"
    )
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = Recipe(seed=chosen.seed)
    checkpoint = chosen.out / "checkpoint"
    try:
        checkpoint.mkdir(parents=True, exist_ok=True)  # not found out after minutes of training
    except OSError as error:
        parser.error(f"--out: got '{chosen.out}': {error.strerror}; must be a folder, there or not")
    result = train(read_corpus(), recipe, checkpoint)
    convert(checkpoint, chosen.out / "llm-twin-demo-f16.gguf", INFO)
    quantize(chosen.out / "llm-twin-demo-f16.gguf", chosen.out / "llm-twin-demo-q8_0.gguf", "Q8_0")
    report = {
        "recipe": asdict(recipe),
        "result": asdict(result),
        "versions": {
            name: version(name) for name in ("torch", "transformers", "tokenizers", "gguf")
        },
    }
    (chosen.out / "training.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
