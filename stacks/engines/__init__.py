"""One adapter per serving engine, free of CDK so that config can ask which image fits.

docs/decisions/0011-one-template-for-every-region.md
"""

from __future__ import annotations

from stacks.engines.engine import Engine
from stacks.engines.llama_cpp import LlamaCpp
from stacks.engines.lmi import Lmi
from stacks.engines.sglang import Sglang
from stacks.engines.tgi import Tgi
from stacks.engines.vllm import Vllm

ENGINES: dict[str, Engine] = {e.name: e for e in (Vllm(), LlamaCpp(), Lmi(), Sglang(), Tgi())}
"""Every engine by its name in config."""

__all__ = ["ENGINES", "Engine"]
