"""The probe's function between an endpoint and a CloudWatch that record what they are asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from lambda_api.handlers import model_probe

ENVIRONMENT = {
    "TWIN_STAGE": "prod",
    "TWIN_ENDPOINT_NAME": "twin-prod",
    "TWIN_MODEL_ID": "twin",
    "TWIN_ENGINE": "vllm",
    "POWERTOOLS_METRICS_NAMESPACE": "twin",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "000000000042",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


class _Aws(BaseHTTPRequestHandler):
    """SageMaker's runtime, and whatever CloudWatch is asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, body))
        answer = self.server.answer if "/invocations" in self.path else b"{}"
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def aws(monkeypatch):
    model_probe._connected.cache_clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Aws) as server:
        server.asked, server.answer = [], b'{"choices":[{}]}'
        url = f"http://127.0.0.1:{server.server_port}"
        # By service: those of other tests' fixtures, which last a session, would go first.
        services = ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "AWS_ENDPOINT_URL_CLOUDWATCH")
        for name, value in {**ENVIRONMENT, **dict.fromkeys(services, url)}.items():
            monkeypatch.setenv(name, value)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    model_probe._connected.cache_clear()


@pytest.mark.parametrize(("answer", "success"), [(b'{"choices":[{}]}', 1), (b"{}", 0)])
def test_it_asks_the_endpoint_and_tells_cloudwatch(aws, answer, success):
    aws.answer = answer
    model_probe.handler({}, None)
    (path, asked), (_, told) = aws.asked

    assert path == "/endpoints/twin-prod/invocations"
    assert json.loads(asked)["max_tokens"] == 1
    assert b"ProbeSuccess" in told
    assert b"twin-prod" in told
    assert _value(told) == success


def _value(told: bytes) -> float:
    """The first value of PutMetricData, in whichever of its protocols the client speaks."""
    if told.startswith(b"{"):
        return json.loads(told)["MetricData"][0]["Value"]
    form = parse_qs(told.decode())
    return float(form["MetricData.member.1.Value"][0])
