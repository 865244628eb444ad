"""Seconds and peak memory of converting, quantizing and pushing a checkpoint of 1 GB.

The push goes to a local cloud of its own, whose memory is not counted.

python benchmarks/conversion.py
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import numpy as np
from table import machine

from localcloud.ports import free_port
from localcloud.settings import Settings
from model_artifacts.evaluation.speed import peak_memory
from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.gguf.quantize import quantize
from model_artifacts.publishing.s3 import ModelBucket
from model_artifacts.publishing.upload import push
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud

sys.path.insert(0, str(PROJECT))
from tests.support.llama_checkpoint import TOKENIZER

WIDTH, INNER, LAYERS, VOCABULARY, KEYS = 2048, 5632, 8, 32_000, 512
CONFIG = {
    "model_type": "llama",
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-5,
}
LAYER = {
    "input_layernorm": (WIDTH,),
    "post_attention_layernorm": (WIDTH,),
    "self_attn.q_proj": (WIDTH, WIDTH),
    "self_attn.k_proj": (KEYS, WIDTH),
    "self_attn.v_proj": (KEYS, WIDTH),
    "self_attn.o_proj": (WIDTH, WIDTH),
    "mlp.gate_proj": (INNER, WIDTH),
    "mlp.up_proj": (INNER, WIDTH),
    "mlp.down_proj": (WIDTH, INNER),
}


def write_checkpoint(directory: Path) -> None:
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps(CONFIG))
    (directory / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (VOCABULARY, WIDTH),
        "lm_head.weight": (VOCABULARY, WIDTH),
        "model.norm.weight": (WIDTH,),
    }
    for layer in range(LAYERS):
        shapes |= {f"model.layers.{layer}.{name}.weight": s for name, s in LAYER.items()}
    header, position = {}, 0
    for name, shape in shapes.items():
        end = position + 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [position, end]}
        position = end
    text = json.dumps(header).encode()
    random = np.random.default_rng(0)
    with (directory / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for shape in shapes.values():
            values = random.standard_normal(shape, np.float32) * 0.02
            (values.view(np.uint32) >> 16).astype(np.uint16).tofile(file)


def push_to(origin: str, directory: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=origin,
        region_name="us-east-1",
        aws_access_key_id="000000000042",
        aws_secret_access_key="benchmark",
    )
    client.create_bucket(Bucket="models")
    push(directory, ModelBucket(client, "models"))


def measured(work: Callable[..., Any], *arguments: Any) -> tuple[float, int]:
    """Seconds and peak memory of a call, in a process of its own."""
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun, peak_memory()


@contextmanager
def local_cloud(directory: Path) -> Iterator[str]:
    """A local cloud; gives its origin."""
    cloud = LocalCloud(Settings(port=free_port(), data_dir=directory, iam=False))
    try:
        cloud.start(stop_with_us=True)
        yield cloud.settings.origin
    finally:
        cloud.stop()


def main() -> None:
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        local_cloud(Path(folder) / "cloud") as origin,
    ):
        checkpoint, file = Path(folder) / "checkpoint", Path(folder) / "model.gguf"
        write_checkpoint(checkpoint)
        size = (checkpoint / "model.safetensors").stat().st_size
        largest = 4 * VOCABULARY * WIDTH
        print(f"\n{size:,} bytes of BF16, the largest tensor {largest / 1e6:.0f} MB in float32")
        print(f"{machine()}; bound: {(1.5 * largest + 300e6) / 1e6:.0f} MB\n")
        print("| what | seconds | peak memory |\n|---|--:|--:|")
        steps: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
            ("convert to 16 bits", convert, (checkpoint, file, ModelInfo("random")))
        ]
        for preset in ("Q8_0", "Q4_K_M"):
            target = Path(folder) / f"{preset}.gguf"
            steps.append((f"quantize to {preset}", quantize, (file, target, preset)))
        steps.append(("push the checkpoint", push_to, (origin, checkpoint)))
        for name, work, arguments in steps:
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                seconds, peak = pool.submit(measured, work, *arguments).result()
            print(f"| {name} | {seconds:.1f} | {peak / 1e6:.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
