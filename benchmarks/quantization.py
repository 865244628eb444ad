"""The cost of each preset: what is lost, how small and how fast a model gets.

    python benchmarks/quantization.py [MODEL.gguf TEXT]

Any GGUF file of floats and any text; without them the demo model, put back into 16 bits, and the
glossary that it was trained to explain.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from table import machine

from model_artifacts.evaluation.measure import measure
from model_artifacts.gguf.quantize import quantize
from twin.environment import PROJECT

sys.path.insert(0, str(PROJECT))
from tests.support.demo_model import write_in_16_bits

PRESETS = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_K", "Q4_0")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1:]:
            source, text = map(Path, sys.argv[1:])
        else:
            source = write_in_16_bits(Path(folder) / "demo.gguf")
            text = PROJECT / "docs" / "glossary.md"
        print(f"\n{source.name} on {text.name}\n{machine()}\n")
        columns = "bytes | bits a weight | KL mean | KL p99 | same top | perplexity | tokens/s"
        print(f"| type | {columns} |\n|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
        for preset in PRESETS:
            target = Path(folder) / f"{preset}.gguf"
            report = measure(
                *(source, target, text),
                preset=preset,
                fallbacks=quantize(source, target, preset),
            )
            if preset == PRESETS[0]:
                made = report.source
                print(
                    f"| source | {made.size:,} | {made.bits_per_weight:.2f} | | | "
                    f"| {made.perplexity:.2f} | |"
                )
            made = report.target
            print(
                f"| {preset} | {made.size:,} | {made.bits_per_weight:.2f} | {report.kl_mean:.4f} "
                f"| {report.kl_p99:.3f} | {report.same_top:.1%} | {made.perplexity:.2f} "
                f"| {report.tokens_per_second:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
