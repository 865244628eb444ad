from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.engines.llama_cpp import _adapters, _local, _options


def test_flags_are_read() -> None:
    options = _options(["--model-dir", "/m", "--ctx-size", "512", "--gpu-layers", "99"])
    assert (options.ctx_size, options.n_gpu_layers, options.parallel) == (512, 99, None)


def test_unsupported_flag_ends_the_container_with_its_name() -> None:
    with pytest.raises(SystemExit, match="not emulated: --split-mode; emulated: --ctx-size"):
        _options(["--model-dir", "/m", "--split-mode", "row"])


def test_paths_of_the_container_are_found_here() -> None:
    options = _options(["--model-dir", "/m", "--model", "/opt/ml/model/a/b.gguf"])
    assert _local(options.model, options) == Path("/m/a/b.gguf")
    assert _local(Path("/elsewhere"), options) == Path("/elsewhere")


def test_adapters_are_read_in_order_with_their_scales() -> None:
    options = _options(
        ["--model-dir", "/m", "--lora", "/a", "--lora-scaled", "/opt/ml/model/b:0,/c:0.5"]
    )
    assert [*_adapters(options)] == [(Path("/a"), 1.0), (Path("/m/b"), 0.0), (Path("/c"), 0.5)]


def test_adapter_without_a_scale_ends_the_container() -> None:
    options = _options(["--model-dir", "/m", "--lora-scaled", "/a"])
    with pytest.raises(SystemExit, match="lora-scaled format: FNAME:SCALE"):
        [*_adapters(options)]
