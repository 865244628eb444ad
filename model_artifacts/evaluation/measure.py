"""The measuring of a quantized file against its source, on a text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from model_artifacts.evaluation.divergence import Comparison, log_softmax
from model_artifacts.evaluation.report import (
    Fallback,
    MeasuredFile,
    MeasuredText,
    QuantizationReport,
)
from model_artifacts.evaluation.speed import measure_speed
from model_artifacts.evaluation.windows import LONGEST_WINDOW, windows
from model_artifacts.gguf import quantize
from model_artifacts.gguf.logits import LogitsModel
from model_artifacts.inspection.gguf_model import read_gguf_model

# Rows whose log-probabilities are in memory in 64 bits at once.
_ROWS = 32
_MOST_TEXT_BYTES = 100_000_000


class MeasurementError(ValueError):
    """A text cannot be measured on, or two files are not of one model."""


def measure(
    source: Path,
    target: Path,
    text: Path,
    *,
    preset: str,
    fallbacks: Iterable[quantize.Fallback] = (),
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> QuantizationReport:
    """Compare two files by the next tokens that each foretells of a text.

    Args:
        source: GGUF file of floats.
        target: the quantized one.
        text: file of UTF-8, which the model has not been trained on.
        preset: name by which it was quantized.
        fallbacks: tensors that have another type.
        threads: of llama.cpp.
        progress: hears of the share that is done, 0 to 1.

    Raises:
        MeasurementError: The text is too short, no text, or read differently by the two.
        LogitsError: llama.cpp does not load or read one of the files.
        WheelError: xllamacpp is missing, or does not offer the functions.
    """
    content = read_text(text)
    window = min(LONGEST_WINDOW, read_gguf_model(source).context_length or LONGEST_WINDOW)
    load = partial(LogitsModel, window=window, threads=threads)
    with load(source) as reference, load(target) as other:
        tokens = reference.tokens(content)
        if other.vocabulary != reference.vocabulary or other.tokens(content) != tokens:
            raise MeasurementError(f"{target}: reads a text as other tokens than {source} does")
        _require_enough(text, tokens, window)
        comparison = _compare(reference, other, tokens, progress)
        bits = [8 * model.size / model.parameters for model in (reference, other)]
    speed = measure_speed(target, tokens, window, threads)
    return QuantizationReport(
        preset=preset,
        source=_measured(source, bits[0], comparison.reference_perplexity),
        target=_measured(target, bits[1], comparison.other_perplexity),
        text=_measured_text(content, comparison.positions, window),
        kl_mean=comparison.kl_mean,
        kl_p99=comparison.kl_p99,
        same_top=comparison.same_top_share,
        **asdict(speed),
        threads=threads,
        engine=f"xllamacpp {version('xllamacpp')}",
        fallbacks=tuple(Fallback(**asdict(fallback)) for fallback in fallbacks),
    )


def read_text(text: Path) -> str:
    """Read the text to measure on.

    Raises:
        MeasurementError: It cannot be read, is no UTF-8, or is longer than 100 MB.
    """
    try:
        if text.stat().st_size > _MOST_TEXT_BYTES:
            raise MeasurementError(f"{text}: must be at most {_MOST_TEXT_BYTES:,} bytes")
        return text.read_text(encoding="utf-8")
    except OSError as error:
        raise MeasurementError(f"{text}: {error.strerror}; must be a readable file") from error
    except UnicodeDecodeError as error:
        raise MeasurementError(f"{text}: {error}; must be UTF-8") from error


def _require_enough(text: Path, tokens: list[int], window: int) -> None:
    if len(tokens) < window:
        raise MeasurementError(f"{text}: got {len(tokens)} tokens; must be at least {window}")


def _compare(
    reference: LogitsModel,
    other: LogitsModel,
    tokens: list[int],
    progress: Callable[[float], None] | None,
) -> Comparison:
    comparison = Comparison()
    for window in windows(tokens, reference.window, reference.first_token):
        both = [model.logits(window.tokens, window.first) for model in (reference, other)]
        following = np.array(window.following)
        for begin in range(0, len(following), _ROWS):
            rows = slice(begin, begin + _ROWS)
            probabilities = [log_softmax(logits[rows]) for logits in both]
            comparison.add(probabilities[0], probabilities[1], following[rows])
        if progress is not None:
            progress(window.end / len(tokens))
    return comparison


def _measured_text(content: str, scored: int, window: int) -> MeasuredText:
    raw = content.encode()
    digest = hashlib.sha256(raw).hexdigest()
    return MeasuredText(sha256=digest, size=len(raw), scored=scored, window=window)


def _measured(file: Path, bits_per_weight: float, perplexity: float) -> MeasuredFile:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return MeasuredFile(
        name=file.name,
        size=file.stat().st_size,
        sha256=digest,
        bits_per_weight=bits_per_weight,
        perplexity=perplexity,
    )
