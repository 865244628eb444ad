"""The ASGI application: what the local cloud adds goes first, ministack answers the rest."""

from __future__ import annotations

import json
import re

from localcloud import ministack_hooks, promql, sagemaker
from localcloud.asgi import Receive, Scope, Send
from localcloud.clock import Clock
from localcloud.interpreter import bare_interpreter
from localcloud.origin_guard import OriginGuard
from localcloud.settings import HEALTH_PATH, Settings
from localcloud.web_adapter import WebAdapter
from localcloud.web_adapter.streamed_integration import StreamedIntegration

RUNTIME_PATH = re.compile(
    r"/endpoints/[^/]+/(invocations|invocations-response-stream|async-invocations)"
)
"""SageMaker Runtime's routes, from botocore's `sagemaker-runtime` model."""


class LocalCloud:
    """One origin for every service."""

    def __init__(self, settings: Settings) -> None:
        interpreter = bare_interpreter(settings.work_dir / "python")
        self._web_adapter = WebAdapter(settings, interpreter)
        ministack_hooks.extend_functions(interpreter, self._web_adapter.forget)
        ministack_hooks.queue_event_invocations()
        ministack_hooks.take_keys_from_authorizers()
        ministack_hooks.extend_rest_apis(StreamedIntegration(self._web_adapter))
        ministack_hooks.write_access_logs()
        ministack_hooks.extend_state_machines()
        ministack_hooks.expire_items()
        ministack_hooks.answer_when_done()
        self._clock = Clock(settings.clock_factor)
        ministack_hooks.run_rates_by(self._clock)
        self._sagemaker = sagemaker.install(settings, self._clock)
        self._queries = promql.QueryApi(self._sagemaker.series)
        self._guarded = OriginGuard(self._answer, settings.port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or take part in the server's start and stop)."""
        await self._guarded(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path == HEALTH_PATH:
            await _send_health(send, clock=self._clock.now())
        elif scope["type"] == "http" and RUNTIME_PATH.fullmatch(path):
            ministack_hooks.set_request_scope(_headers(scope))
            await self._sagemaker.runtime_app(scope, receive, send)
        elif scope["type"] == "http" and promql.PATH.fullmatch(path):
            ministack_hooks.set_request_scope(_headers(scope))
            await self._queries(scope, receive, send)
        else:
            await ministack_hooks.app(scope, receive, send)

    def close(self) -> None:
        """Stop every engine and every function's process."""
        self._web_adapter.close()
        self._sagemaker.close()


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _send_health(send: Send, clock: float) -> None:
    body = json.dumps(
        {
            "ministack": ministack_hooks.version(),
            "services": ministack_hooks.services(),
            "clock": clock,
        }
    ).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
