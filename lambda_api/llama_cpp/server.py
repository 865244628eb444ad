"""llama.cpp's own server on a loopback port of this process."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from lambda_api.llama_cpp.resources import Placement
from lambda_api.llama_cpp.weights import EngineStartError


@dataclass(frozen=True)
class Model:
    """A model as the server loads it.

    Attributes:
        path: Of the weights.
        placement: Of the weights in memory.
        context_length: Most tokens of prompt and answer together.
        threads: That compute.
        chat_template: Prompt format in Jinja; None is the weights' own.
    """

    path: str
    placement: Placement
    context_length: int
    threads: int
    chat_template: str | None = None


@dataclass(frozen=True)
class Server:
    """A server that listens.

    Attributes:
        port: On 127.0.0.1.
        key: Bearer token that the server asks for: other processes of a developer's machine reach
            the port too, and so does every web page.
        keep: What keeps it running.
    """

    port: int
    key: str
    keep: object


def serve(model: Model) -> Server:
    """Load a model and listen; ready when this returns.

    Raises:
        EngineStartError: The engine's layer is missing, or llama.cpp refuses the file, after it has
            said why.
    """
    try:
        llama = import_module("xllamacpp")
    except ImportError as error:
        raise EngineStartError(f"the engine's layer cannot be loaded: {error}") from error
    key = secrets.token_urlsafe(32)
    try:
        server = llama.Server(_parameters(llama, model, key))
    except RuntimeError as error:
        raise EngineStartError(f"llama.cpp does not load the weights: {error}") from error
    return Server(int(str(server.listening_address).rpartition(":")[2]), key, server)


def _parameters(llama: Any, model: Model, key: str) -> Any:  # noqa: ANN401 - the wheel has no types
    parameters = llama.CommonParams()
    parameters.model.path = model.path
    parameters.hostnames, parameters.port, parameters.api_keys = ["127.0.0.1"], 0, [key]
    parameters.n_ctx, parameters.n_parallel = model.context_length, 1
    parameters.cpuparams.n_threads = model.threads
    parameters.cpuparams_batch.n_threads = model.threads
    mode = llama.llama_load_mode
    if model.placement == "mapped":
        parameters.load_mode, parameters.no_extra_bufts = mode.LLAMA_LOAD_MODE_MMAP, True
    else:
        parameters.load_mode = mode.LLAMA_LOAD_MODE_NONE
    parameters.use_jinja = True
    if model.chat_template:
        parameters.chat_template = model.chat_template
    # Of the last prompts, up to 8 GB beside what memory_mb was counted for.
    parameters.cache_ram_mib, parameters.cache_idle_slots = 0, False
    parameters.ui = False
    parameters.fit_params = False  # it probes devices, and shrinks what was asked for
    parameters.verbosity = 1  # errors alone
    return parameters
