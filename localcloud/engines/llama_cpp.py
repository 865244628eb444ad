"""The llama.cpp container's entry point: llama.cpp's own HTTP server, from the xllamacpp wheel.

Takes the flags of `llama-server` that make sense on this machine. Ends with its standard input.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.engines.key import VARIABLE

if TYPE_CHECKING:
    import xllamacpp

SMALL_MODEL_BYTES = 64 * 2**20
"""Below this size one thread is the default: what a second thread computes of a model this small
is less than what its spin barriers cost on a busy machine (3.7 M parameters, 2 cores: 2200
tokens/s with one thread; 51 to 130 with two when other processes compete)."""

AUTO_SLOTS = 4
"""Slots of `llama-server` when `--parallel` is not given, all sharing one KV cache:
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"""

CONTAINER_MODEL_DIR = Path("/opt/ml/model")
"""Directory of the model data in a SageMaker container."""

_NO_OPENMP = (
    "llama.cpp cannot be loaded: {error}. Its wheel for Linux needs the system's OpenMP library: "
    "install libgomp1 (Debian, Ubuntu) or libgomp (Fedora, Amazon Linux)"
)


def main() -> None:
    """Serve until standard input ends."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    options = _options(sys.argv[1:])
    model = _local(options.model, options) if options.model else _find_model(options.model_dir)
    server = _serve(model, options)
    # llama.cpp's server installs handlers of its own, which would ignore the first signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # In one write, even unbuffered: llama.cpp's own lines come in between otherwise.
    sys.stdout.write(f"listening on {server.listening_address}\n")
    sys.stdout.flush()
    threading.Event().wait()


def _exit_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="llama-server", allow_abbrev=False)
    parser.add_argument("--model-dir", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    for names, kind in _VALUES.items():
        parser.add_argument(*names.split(), type=kind)
    for names in _SWITCHES:
        parser.add_argument(*names.split(), action="store_true")
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        flags = ", ".join(flag for flag in unknown if flag.startswith("--")) or str(unknown)
        emulated = " ".join(name.split()[0] for name in [*_VALUES, *_SWITCHES])
        sys.exit(f"llama-server: not emulated: {flags}; emulated: {emulated}")
    return options


_VALUES: dict[str, type] = {
    "--ctx-size": int,
    "--parallel": int,
    "--threads": int,
    "--threads-batch": int,
    "--threads-http": int,
    "--batch-size": int,
    "--ubatch-size": int,
    "--n-predict --predict": int,
    "--n-gpu-layers --gpu-layers": int,
    "--alias": str,
    "--chat-template": str,
    "--chat-template-file": Path,
    "--lora": str,
    "--lora-scaled": str,
    "--cache-ram": int,
    "--cache-reuse": int,
    "--seed": int,
    "--log-verbosity --verbosity": int,
}
_SWITCHES = (
    "--jinja",
    "--no-jinja",
    "--metrics",
    "--no-warmup",
    "--cont-batching",
    "--no-cont-batching",
    "--no-webui",
    "--verbose",
    "--offline",
)

_SAME_NAME = {
    "ctx_size": "n_ctx",
    "parallel": "n_parallel",
    "threads_http": "n_threads_http",
    "batch_size": "n_batch",
    "ubatch_size": "n_ubatch",
    "n_predict": "n_predict",
    "n_gpu_layers": "n_gpu_layers",
    "chat_template": "chat_template",
    "cache_ram": "cache_ram_mib",
    "cache_reuse": "n_cache_reuse",
    "log_verbosity": "verbosity",
}
"""Option to field of llama.cpp's parameters, where the value goes over as it is."""


def _local(path: Path, options: argparse.Namespace) -> Path:
    """Translate a path in the container to a path on this machine."""
    if path.is_relative_to(CONTAINER_MODEL_DIR):
        return Path(options.model_dir) / path.relative_to(CONTAINER_MODEL_DIR)
    return path


def _find_model(model_dir: Path) -> Path:
    """Find the first `*.gguf`, at most one directory deep, as the container does."""
    found = [*sorted(model_dir.glob("*.gguf")), *sorted(model_dir.glob("*/*.gguf"))]
    if not found:
        sys.exit(f"llama-server: no *.gguf found under {model_dir}; set SM_LLAMA_CPP_MODEL")
    print(f"INFO: auto-detected GGUF model {found[0]}", flush=True)  # noqa: T201 - the log
    return found[0]


def _serve(model: Path, options: argparse.Namespace) -> xllamacpp.Server:
    try:
        import xllamacpp
    except ImportError as error:
        sys.exit(_NO_OPENMP.format(error=error))
    parameters = _parameters(xllamacpp.CommonParams(), model, options)
    parameters.lora_adapters = [
        xllamacpp.CommonAdapterLoraInfo(str(path), scale) for path, scale in _adapters(options)
    ]
    if options.n_gpu_layers and not _has_gpu(xllamacpp):
        print("WARNING: --n-gpu-layers ignored: no GPU here", flush=True)  # noqa: T201 - the log
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError:
        sys.exit(1)  # why, llama.cpp has said


def _has_gpu(module: Any) -> bool:  # noqa: ANN401 - the wheel has no types
    return any("CPU" not in str(device["type"]) for device in module.get_device_info())


def _parameters(parameters: Any, model: Path, options: argparse.Namespace) -> Any:  # noqa: ANN401
    for option, field in _SAME_NAME.items():
        if (value := getattr(options, option)) is not None:
            setattr(parameters, field, value)
    parameters.model.path = str(model)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    if key := os.environ.get(VARIABLE):  # noqa: TID251 - as `llama-server` takes it
        parameters.api_keys = [key]
    parameters.ui = False
    parameters.fit_params = False  # it probes devices, and shrinks what was asked for
    if options.parallel is None:
        parameters.n_parallel, parameters.kv_unified = AUTO_SLOTS, True
    if options.alias:
        parameters.model_alias = set(options.alias.split(","))
    if options.seed is not None:
        parameters.sampling.seed = options.seed
    if options.chat_template_file:
        parameters.chat_template = _local(options.chat_template_file, options).read_text()
    parameters.use_jinja = not options.no_jinja
    parameters.warmup = not options.no_warmup
    parameters.cont_batching = not options.no_cont_batching
    parameters.endpoint_metrics = options.metrics
    _set_threads(parameters, model, options)
    return parameters


def _adapters(options: argparse.Namespace) -> Iterator[tuple[Path, float]]:
    """Yield adapters with their scales; a request names one by its place among them.

    https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp
    """
    for path in filter(None, (options.lora or "").split(",")):
        yield _local(Path(path), options), 1.0
    for item in filter(None, (options.lora_scaled or "").split(",")):
        path, colon, scale = item.rpartition(":")
        if not colon:
            sys.exit("llama-server: lora-scaled format: FNAME:SCALE")
        yield _local(Path(path), options), float(scale)


def _set_threads(parameters: Any, model: Path, options: argparse.Namespace) -> None:  # noqa: ANN401
    threads = options.threads or (1 if _is_small(model) else max(1, (os.cpu_count() or 2) // 2))
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = options.threads_batch or threads


def _is_small(model: Path) -> bool:
    return model.exists() and model.stat().st_size < SMALL_MODEL_BYTES


if __name__ == "__main__":
    main()
