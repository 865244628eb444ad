"""Lambda's asynchronous invocations: events wait for their function, as they do in Lambda.

ministack starts a thread, and so a process, for each event that a topic or a bucket sends, and
drops the event when the function is at its concurrency limit, or fails behind a topic.
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ministack.services import lambda_svc, sns

from localcloud.ministack_hooks.patching import Untyped, wrap

logger = logging.getLogger(__name__)

Event = dict[str, Any]

CONCURRENCY = 4
"""Events of one function that are handled at a time. Lambda starts up to a thousand environments;
here each is a process on this machine."""

THROTTLED_SECONDS = 0.2
"""Pause before an event that found the function at its limit is tried again."""

DEFAULT_RETRIES = 2
DEFAULT_AGE_SECONDS = 6 * 3600
"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""

FIRST_RETRY_SECONDS = 1.0
"""Pause before an event that made the function fail is tried again; the second pause is twice as
long. Lambda waits one minute, then two."""


def queue_event_invocations() -> None:
    """Have events from any source wait for their function, and be retried."""
    events = _Events()
    wrap(lambda_svc, "invoke_async_with_retry", events.enqueue)
    wrap(sns, "_deliver_to_lambda", partial(_deliver_notification, events))


class _Events:
    """A queue for each function."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workers: defaultdict[str, ThreadPoolExecutor] = defaultdict(
            partial(ThreadPoolExecutor, CONCURRENCY, thread_name_prefix="event")
        )

    def enqueue(self, _original: Callable[..., None], function: Untyped, event: Event) -> None:
        """Queue an event, for the account and region of the present request."""
        arn = (function.get("config") or function)["FunctionArn"]
        with self._lock:
            worker = self._workers[arn]
        worker.submit(contextvars.copy_context().run, _handle, function, event)


def _deliver_notification(
    events: _Events,
    original: Callable[..., None],
    endpoint: str,
    envelope: str,
    _topic: str,
    subscription: str,
    *_rest: Untyped,
) -> None:
    function, config, name = lambda_svc._get_func_record_for_ref(endpoint)
    if not function or not config:
        logger.warning("notification to a function that is not there: %s", name)
        return
    record = {
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "EventSource": "aws:sns",
        "Sns": json.loads(envelope),
    }
    executed = lambda_svc._execution_record_for_config(function, config)
    events.enqueue(original, executed, {"Records": [record]})


def _handle(function: Untyped, event: Event) -> None:
    config = function.get("config") or function
    settings = function.get("event_invoke_config") or {}
    retries = settings.get("MaximumRetryAttempts", DEFAULT_RETRIES)
    age = settings.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS)
    deadline = time.monotonic() + age
    failures = 0
    while True:
        result = lambda_svc._execute_function(function, event)
        if not result.get("error"):
            return
        pause = THROTTLED_SECONDS
        if not result.get("throttle"):
            pause = FIRST_RETRY_SECONDS * 2**failures
            failures += 1
        if failures > retries or time.monotonic() + pause > deadline:
            break
        time.sleep(pause)
    _give_up(config, settings, event, result)


def _give_up(config: Untyped, settings: Event, event: Event, result: Untyped) -> None:
    name = config["FunctionName"]
    logger.warning("%s: event dropped: %s", name, result.get("body"))
    destination = (settings.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination")
    destination = destination or (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if destination:
        lambda_svc._route_async_failure(destination, name, event, result)
