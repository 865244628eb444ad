from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.engines.llama_cpp import _local, _options


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
