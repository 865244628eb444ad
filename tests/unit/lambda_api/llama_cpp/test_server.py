"""llama.cpp's server in a process of its own: the demo model answers, and only with the key."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from lambda_api.llama_cpp.server import Model, serve
from lambda_api.llama_cpp.weights import EngineStartError
from tests.support.project import PROJECT

# In a child: llama.cpp's server keeps threads and handlers of signals until its process ends.
_SCRIPT = """
import json, sys, urllib.error, urllib.request
from lambda_api.llama_cpp.server import Model, serve
server = serve(Model(sys.argv[1], sys.argv[2], 256, 1))
def ask(key):
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return json.load(answer)["usage"]["completion_tokens"]
    except urllib.error.HTTPError as error:
        return error.code
print(json.dumps([ask(server.key), ask("another")]))
"""


@pytest.mark.parametrize("placement", ["mapped", "repacked"])
def test_the_demo_model_answers_whoever_has_the_key(placement: str) -> None:
    (model,) = (PROJECT / "model_artifacts" / "demo").glob("*.gguf")
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(model), placement],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    tokens, refused = json.loads(done.stdout.splitlines()[-1])
    assert tokens >= 1
    assert refused == 401


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"GGUF and no more")
    with pytest.raises(EngineStartError, match="does not load the weights"):
        serve(Model(str(file), "repacked", 256, 1))


def test_a_missing_layer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(EngineStartError, match="the engine's layer cannot be loaded"):
        serve(Model("m.gguf", "mapped", 256, 1))


def test_the_wheel_uses_what_its_architecture_is_chosen_for() -> None:
    told = import_module("xllamacpp").get_system_info()
    if platform.machine() in ("x86_64", "AMD64"):
        for instructions in ("AVX2", "FMA", "F16C"):
            assert f"{instructions} = 1" in told
    else:  # a wheel with dot products would be better than x86_64's: ADR 0163
        assert "DOTPROD = 1" not in told
