"""Copies of requests to a shadow variant, whose answers nobody gets."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import replace

from localcloud.asgi import Message
from localcloud.sagemaker.hosting.variants import Shadow
from localcloud.sagemaker.inference.data_capture import DataCapture, Recording
from localcloud.sagemaker.inference.dispatch import Call, invoke
from localcloud.sagemaker.inference.invocation import RuntimeServiceError, StreamEndedError


class Shadowing:
    """The copies that are being answered."""

    def __init__(self, capture: DataCapture) -> None:
        self._capture = capture
        self._copies: set[asyncio.Task[None]] = set()

    def copy(self, call: Call, *, captured: bool) -> None:
        """Send a copy of a request to the endpoint's shadow, for its share of the requests."""
        shadow = call.endpoint.shadow
        if shadow is None or random.random() >= _share(call, shadow):  # noqa: S311 - load
            return
        headers = {k: v for k, v in call.invocation.headers.items() if k != _TARGET}
        copied = replace(call.invocation, traffic=shadow.traffic, headers=headers)
        answering = self._answer(replace(call, invocation=copied), captured=captured)
        copy = asyncio.create_task(answering)
        self._copies.add(copy)
        copy.add_done_callback(self._copies.discard)

    async def _answer(self, call: Call, *, captured: bool) -> None:
        answer = Recording()
        heard = replace(call, invocation=replace(call.invocation, recording=answer))
        with suppress(RuntimeServiceError, StreamEndedError):  # counted, and told to nobody
            await invoke(heard, _to_nobody)
            if captured:
                self._capture.keep(call.endpoint, call.invocation, answer)


async def _to_nobody(_message: Message) -> None:
    """Drop what a client would get."""


_TARGET = "x-amzn-sagemaker-target-variant"


def _share(call: Call, shadow: Shadow) -> float:
    """Return the share of requests that are copied: the shadow's weight, of the other's."""
    (variant,) = call.endpoint.model_variants
    return shadow.variant.replicas.weight / (variant.replicas.weight or 1.0)
