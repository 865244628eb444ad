from __future__ import annotations

from pathlib import Path

import pytest

import localcloud.engines
from localcloud.engines import Engine, ImageNotEmulatedError, engine_for, register_engine


@pytest.mark.parametrize(
    "image",
    [
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/llama-cpp:server-sagemaker-cpu-v1",
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/llama-cpp@sha256:0a1b",
        "llama-cpp",
    ],
)
def test_engine_is_found_by_the_images_repository(image: str) -> None:
    assert engine_for(image).ping == "/health"


def test_unknown_image_names_what_is_emulated() -> None:
    with pytest.raises(ImageNotEmulatedError, match='image "x/tgi:1"; emulated: llama-cpp, vllm'):
        engine_for("x/tgi:1")


def test_an_engine_that_is_not_installed_says_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(localcloud.engines, "_ENGINES", {**localcloud.engines._ENGINES})
    given = engine_for("llama-cpp")
    missing = tmp_path / "python"
    register_engine("vllm", _elsewhere(given, missing))

    with pytest.raises(ImageNotEmulatedError, match='"x/vllm:1"; `make vllm` installs it'):
        engine_for("x/vllm:1")


def _elsewhere(engine: Engine, interpreter: Path) -> Engine:
    return Engine(**{**vars(engine), "interpreter": interpreter, "installed_by": "make vllm"})


def test_vllm_tells_why_it_ended() -> None:
    line = "(APIServer pid=1)   Value error, The checkpoint you are trying to load ..."
    pattern = localcloud.engines._ENGINES["vllm"].error_pattern

    assert pattern.search(line)
    assert pattern.search("api_server.py: error: unrecognized arguments: --x")
