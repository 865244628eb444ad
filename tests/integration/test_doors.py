"""The two doors: API Gateway events through Mangum, and `run.sh` as the Web Adapter starts it."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import pytest

from tests.support.project import PROJECT

HERE = Path(__file__).parent
PACKAGE = PROJECT / "lambda_api"
ENVIRONMENT = {
    "TWIN_STAGE": "local",
    "TWIN_ENDPOINT_NAME": "twin-local",
    "TWIN_MODEL_ID": "twin",
    "TWIN_ENGINE": "llama-cpp",
    "TWIN_ROOT_PATH": "/live",
}


@pytest.fixture
def handler(monkeypatch):
    """The control function's handler, as at a cold start."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    # Lambda's runtime has no loop; Mangum makes one, which nobody would close here.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    sys.modules.pop("lambda_api.handlers.control", None)
    yield importlib.import_module("lambda_api.handlers.control").handler
    del sys.modules["lambda_api.handlers.control"]
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def event():
    return json.loads((HERE / "events" / "rest_get_models.json").read_text())


CONTEXT = SimpleNamespace(aws_request_id="00000000-0000-0000-0000-000000000000")


def test_an_event_is_answered(handler, event, capfd):
    answer = handler(event, CONTEXT)
    record = json.loads(capfd.readouterr().out)

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["data"][0]["id"] == "twin"
    assert answer["headers"]["x-request-id"] == record["request_id"]
    assert record["request_id"] == event["requestContext"]["requestId"]
    assert "kkkk" not in json.dumps(record)


@pytest.mark.parametrize(
    ("path", "status"), [("/health", 200), ("/docs", 200), ("/openapi.json", 200), ("/nope", 404)]
)
def test_the_control_routes_answer_events(handler, event, path, status):
    answer = handler({**event, "path": path, "resource": path}, CONTEXT)

    assert answer["statusCode"] == status


def test_an_event_of_the_schedule_sweeps(handler):
    app = sys.modules["lambda_api.handlers.control"]._app
    app.state.kept = SimpleNamespace(stores=SimpleNamespace(remove_expired=lambda: 3))

    assert handler({"sweep": True}, CONTEXT) == {"removed": 3}


def test_the_control_function_imports_no_boto3():
    script = "import sys, lambda_api.handlers.control; sys.exit('boto3' in sys.modules)"

    subprocess.run([sys.executable, "-c", script], env=os.environ | ENVIRONMENT, check=True)


def test_a_wrong_environment_stops_the_cold_start_and_says_why():
    script = [sys.executable, "-c", "import lambda_api.handlers.control"]
    environment = {**os.environ, **ENVIRONMENT, "TWIN_LOG_LEVEL": "LOUD"}

    done = subprocess.run(script, env=environment, capture_output=True, text=True)

    assert done.returncode != 0
    assert "TWIN_LOG_LEVEL: input should be 'DEBUG'" in done.stderr
    assert "got 'LOUD'" in done.stderr


def test_run_sh_serves_from_the_root_of_the_zip(tmp_path):
    shutil.copy(PACKAGE / "run.sh", tmp_path)
    (tmp_path / "lambda_api").symlink_to(PACKAGE)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "AWS_LWA_PORT": str(port),
        "AWS_DEFAULT_REGION": "us-east-1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    server = subprocess.Popen([tmp_path / "run.sh"], env=environment, cwd="/")
    try:
        assert _answer(f"http://127.0.0.1:{port}/health", server) == {"status": "ok"}
    finally:
        server.terminate()
        server.wait(10)


def _answer(url, server):
    for _ in range(500):
        assert server.poll() is None
        try:
            with urlopen(url) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.02)
    return None
