"""The ASGI application: what the local cloud adds goes first, ministack answers the rest."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from localcloud import ministack_hooks, promql, s3vectors, sagemaker, servicequotas
from localcloud.asgi import Receive, Scope, Send
from localcloud.clock import Clock
from localcloud.cloudwatch import CloudWatch
from localcloud.interpreter import bare_interpreter
from localcloud.ministack_hooks import iam
from localcloud.origin_guard import OriginGuard
from localcloud.quotas import Quotas
from localcloud.sagemaker.openai_path import OPENAI_PATH
from localcloud.settings import HEALTH_PATH, IAM_PATH, Settings
from localcloud.web_adapter import WebAdapter
from localcloud.web_adapter.streamed_integration import StreamedIntegration

RUNTIME_PATH = re.compile(
    r"/endpoints/[^/]+/(invocations|invocations-response-stream|async-invocations)"
)
"""SageMaker Runtime's routes, from botocore's `sagemaker-runtime` model."""


class LocalCloud:
    """One origin for every service."""

    def __init__(self, settings: Settings, quotas: Quotas) -> None:
        interpreter = bare_interpreter(settings.work_dir / "python")
        self._web_adapter = WebAdapter(settings, interpreter)
        adapter = self._web_adapter
        ministack_hooks.extend_functions(
            interpreter, adapter.prepare, adapter.forget, adapter.unpack
        )
        ministack_hooks.extend_versions(adapter.snapshot, adapter.forget)
        concurrency = quotas.aws_lambda
        ministack_hooks.limit_concurrency(
            concurrency.concurrent_executions, concurrency.least_unreserved
        )
        ministack_hooks.refuse_old_signatures()
        ministack_hooks.queue_event_invocations()
        ministack_hooks.take_keys_from_authorizers()
        ministack_hooks.extend_rest_apis(StreamedIntegration(self._web_adapter))
        ministack_hooks.write_access_logs()
        ministack_hooks.extend_state_machines(settings.clock_factor)
        ministack_hooks.expire_items()
        ministack_hooks.answer_when_done()
        ministack_hooks.keep_exports_in_use()
        self._directory = str(settings.data_dir.absolute())
        self._clock = Clock(settings.clock_factor)
        ministack_hooks.run_rates_by(self._clock)
        self._cloudwatch = CloudWatch(self._clock)
        self._sagemaker = sagemaker.install(settings, self._clock, quotas)
        worker = self._sagemaker.control_plane.worker
        servicequotas.install(quotas, worker)
        s3vectors.install(worker)
        iam.enforce_policies()
        self._queries = promql.QueryApi(self._sagemaker.series, _authorize_query)
        self._guarded = OriginGuard(self._answer, settings.port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or take part in the server's start and stop)."""
        await self._guarded(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path == HEALTH_PATH:
            await _send(send, self._health())
        elif scope["type"] == "http" and OPENAI_PATH.fullmatch(path):
            await self._sagemaker.openai_app(scope, receive, send)
        elif scope["type"] == "http" and RUNTIME_PATH.fullmatch(path):
            ministack_hooks.set_request_scope(_headers(scope))
            await self._sagemaker.runtime_app(scope, receive, send)
        elif scope["type"] == "http" and promql.PATH.fullmatch(path):
            ministack_hooks.set_request_scope(_headers(scope))
            await self._queries(scope, receive, send)
        elif scope["type"] == "http" and path == IAM_PATH:
            found = [asdict(call) for call in iam.calls()]
            if scope["method"] == "DELETE":
                iam.forget_calls()
            await _send(send, found)
        else:
            await ministack_hooks.app(scope, receive, send)

    def _health(self) -> dict[str, Any]:
        return {
            "ministack": ministack_hooks.version(),
            "services": ministack_hooks.services(),
            "clock": self._clock.now(),
            "directory": self._directory,
        }

    def close(self) -> None:
        """Stop every engine and every function's process."""
        self._web_adapter.close()
        self._cloudwatch.close()
        self._sagemaker.close()


def _authorize_query(scope: Scope) -> None:
    try:
        for action in promql.ACTIONS:
            iam.require(_headers(scope), action, "*")
    except iam.AccessDeniedError as error:
        raise PermissionError(str(error)) from error


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _send(send: Send, document: object) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
