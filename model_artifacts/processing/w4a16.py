"""Quantization of a checkpoint to 4-bit weights, run by a SageMaker processing job on a GPU.

This file alone goes to the job, into AWS's vLLM image, which has torch and transformers; it
installs llm-compressor there. https://docs.vllm.ai/projects/llm-compressor/en/latest/
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

REQUIREMENT = "llmcompressor==0.14.0.1"
WINDOW_TOKENS = 2048
MOST_WINDOWS = 512
"""Calibration of llm-compressor's own examples: 512 texts of 2,048 tokens."""

LEAST_WINDOWS = 8


def main(arguments: Sequence[str] | None = None) -> None:
    """Quantize, as the job's arguments say."""
    parser = argparse.ArgumentParser(prog="w4a16", description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    install = [sys.executable, "-m", "pip", "install", "--quiet", REQUIREMENT]
    subprocess.run(install, check=True)  # noqa: S603 - nothing of it is the caller's
    quantize(chosen.model, chosen.text.read_text(encoding="utf-8"), chosen.out)


def quantize(model: Path, text: str, out: Path) -> None:
    """Write a checkpoint with the weights of its linear layers in 4 bits, in groups of 128.

    GPTQ, calibrated on a text; the output matrix stays as it is.

    Args:
        model: the checkpoint's directory.
        text: resembles what the model will be asked.
        out: directory of the quantized checkpoint.
    """
    # No environment of this project has these.
    transformers = import_module("transformers")
    compressor = import_module("llmcompressor")
    gptq = import_module("llmcompressor.modifiers.gptq").GPTQModifier
    dataset = import_module("datasets").Dataset
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    read = windows(tokenizer(text)["input_ids"])
    loaded = transformers.AutoModelForCausalLM.from_pretrained(model, dtype="auto")
    masks = [[1] * WINDOW_TOKENS] * len(read)
    compressor.oneshot(
        model=loaded,
        dataset=dataset.from_dict({"input_ids": read, "attention_mask": masks}),
        recipe=gptq(targets="Linear", scheme="W4A16", ignore=["lm_head"]),
        max_seq_length=WINDOW_TOKENS,
        num_calibration_samples=len(read),
    )
    loaded.save_pretrained(out, save_compressed=True)
    tokenizer.save_pretrained(out)


def windows(tokens: Sequence[int]) -> list[list[int]]:
    """Cut a text's tokens into whole windows, spread over all of it.

    Raises:
        SystemExit: There are too few to calibrate on.
    """
    count = len(tokens) // WINDOW_TOKENS
    if count < LEAST_WINDOWS:
        least = LEAST_WINDOWS * WINDOW_TOKENS
        sys.exit(f"text: got {len(tokens)} tokens; must be at least {least} to calibrate on")
    taken = min(count, MOST_WINDOWS)
    starts = [number * count // taken * WINDOW_TOKENS for number in range(taken)]
    return [list(tokens[start : start + WINDOW_TOKENS]) for start in starts]


if __name__ == "__main__":
    main()
