"""Random LoRA adapters, what merging them gives, and llama.cpp with both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from safetensors.numpy import save_file

RANK, ALPHA = 4, 8
CONFIG: dict[str, Any] = {
    "peft_type": "LORA",
    "r": RANK,
    "lora_alpha": ALPHA,
    "bias": "none",
    "target_modules": [f"{name}_proj" for name in ("q", "k", "v", "o", "gate", "up", "down")],
}


def write_adapter(
    directory: Path,
    tensors: Mapping[str, Any],
    *,
    seed: int = 3,
    spread: float = 0.3,
    rank: int = RANK,
    **config: Any,
) -> dict[str, Any]:
    """Write an adapter of every projection of a model; return the model's tensors, merged."""
    random, merged = np.random.default_rng(seed), dict(tensors)
    saved: dict[str, Any] = {}
    config = {**CONFIG, "r": rank, **config}
    for name, weight in tensors.items():
        if not name.endswith("_proj.weight"):
            continue
        a = (random.standard_normal((rank, weight.shape[1])) * spread).astype(np.float32)
        b = (random.standard_normal((weight.shape[0], rank)) * spread).astype(np.float32)
        module = f"base_model.model.{name.removesuffix('.weight')}"
        saved |= {f"{module}.lora_A.weight": a, f"{module}.lora_B.weight": b}
        merged[name] = weight + b @ a * (config["lora_alpha"] / rank)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "adapter_config.json").write_text(json.dumps(config))
    save_file(saved, directory / "adapter_model.safetensors")
    return merged


@contextmanager
def llama_cpp(model_dir: Path, *arguments: str) -> Iterator[httpx2.Client]:
    """Run the local cloud's llama.cpp on a directory; yield a client of its server."""
    command = [sys.executable, "-m", "localcloud.engines.llama_cpp", "--model-dir", str(model_dir)]
    with subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "listening on http" in line:
                break
        else:
            raise AssertionError("".join(lines))
        try:
            address = lines[-1].split()[-1]
            with httpx2.Client(base_url=address, timeout=60, trust_env=False) as client:
                yield client
        finally:
            process.kill()
            process.stdout.close()


def next_tokens(client: httpx2.Client, tokens: list[int], **fields: Any) -> dict[int, float]:
    """Log-probabilities of the likeliest 20 tokens after a prompt, by token."""
    request = {"prompt": tokens, "n_predict": 1, "n_probs": 20, "temperature": 0, **fields}
    answer = client.post("/completion", json=request).raise_for_status().json()
    (position,) = answer["completion_probabilities"]
    return {token["id"]: token["logprob"] for token in position["top_logprobs"]}
