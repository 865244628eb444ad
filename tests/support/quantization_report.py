"""A report of a quantization, as JSON has it."""

from __future__ import annotations

from typing import Any

FILE = {"name": "m.gguf", "size": 5, "sha256": "0" * 64, "bits_per_weight": 4.8, "perplexity": 9.1}
REPORT: dict[str, Any] = {
    "version": 1,
    "preset": "Q4_K_M",
    "source": FILE,
    "target": FILE,
    "text": {"sha256": "1" * 64, "size": 100, "scored": 20, "window": 512},
    "kl_mean": 0.01,
    "kl_p99": 0.1,
    "same_top": 0.95,
    "tokens_per_second": 1000.0,
    "peak_memory_bytes": 1,
    "threads": 2,
    "engine": "xllamacpp 1",
    "fallbacks": [{"tensor": "a", "row": 64, "wanted": "Q4_K", "used": "Q5_0"}],
}
