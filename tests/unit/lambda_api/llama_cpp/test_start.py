"""The start of an engine: its steps in one line, and one line when there is none."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from lambda_api.engine_settings import EngineSettings
from lambda_api.llama_cpp import start
from lambda_api.llama_cpp.server import Model, Server
from lambda_api.llama_cpp.start import start_engine
from lambda_api.llama_cpp.weights import EngineStartError
from tests.unit.lambda_api.llama_cpp.test_weights import SHA256, bucket

SETTINGS = EngineSettings(
    weights_prefix="models/a/",
    weights_sha256=SHA256,
    weights_room_mb=100,
    context_length=512,
    UNPACK_SECONDS=1.25,
)


def test_each_step_is_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models: list[Model] = []

    def serve(model: Model) -> Server:
        models.append(model)
        return Server(1, "key", None)

    monkeypatch.setattr(start, "serve", serve)
    assert start_engine(bucket(), SETTINGS).port == 1
    line = json.loads(capsys.readouterr().out)
    assert (line["weights_mb"], line["placement"], line["threads"]) == (32.0, "repacked", 1)
    assert [name for name in line if name.endswith("_seconds")] == [
        f"{step}_seconds" for step in ("unpack", "app", "find", "download", "load")
    ]
    assert line["unpack_seconds"] == 1.25
    assert (models[0].context_length, models[0].placement) == (512, "repacked")


def test_the_age_of_a_process_counts_from_its_start_script() -> None:
    tell = "from lambda_api.llama_cpp.start import process_seconds; print(process_seconds())"
    script = f"sleep 0.2; exec {sys.executable} -c '{tell}'"
    began = time.monotonic()
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    # The kernel counts in hundredths of a second.
    assert 0.19 <= float(told) <= time.monotonic() - began + 0.02


def test_weights_beyond_the_room_are_not_even_brought() -> None:
    source = bucket()
    small = EngineSettings(weights_prefix="models/a/", weights_room_mb=16)
    with pytest.raises(EngineStartError, match="must be at most 16 MB"):
        start_engine(source, small)
    assert source.reads == []


def test_a_process_without_an_engine_ends_with_one_line() -> None:
    script = (
        "from lambda_api.llama_cpp.start import end_process\n"
        "from lambda_api.llama_cpp.weights import EngineStartError\n"
        "end_process(EngineStartError('weights: none'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["reason"] == "weights: none"
    assert done.stderr == ""
