"""The service in front of the canned engine, for clients and suites that others wrote.

`python -m tests.conformance.service` serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.conformance import canned_engine
from tests.support.project import PROJECT
from tests.support.service.serving import served
from tests.support.service.standin_runtime import StandInRuntime, running

MODEL = "twin"
KEY = "sk-conformance-0123456789"


@contextmanager
def canned_service() -> Iterator[str]:
    """Serve the app before the canned engine in a process; gives its base URL, ending in /v1."""
    command = [sys.executable, "-m", "tests.conformance.service"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        # The rest is its log, which must not fill the pipe.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            yield url
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def _served() -> Iterator[str]:
    settings = Settings(
        stage="local",
        endpoint_name="twin-local",
        model_id=MODEL,
        engine="vllm",
        log_level="ERROR",
        modalities=["text", "image"],
    )
    with running(StandInRuntime(canned_engine.answer)) as engine:
        os.environ |= {
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": engine.url,
            "AWS_ACCESS_KEY_ID": "conformance",
            "AWS_SECRET_ACCESS_KEY": "conformance",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        with served(create_app(settings)) as url:
            yield f"{url}/v1"


def main() -> None:
    """Serve until interrupted; print the base URL first."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with _served() as url:
        print(url, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
