"""The report of a quantization: what was lost, and what was won. It is written as report.json."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

FILE = "report.json"
"""Name of the report beside the file that it is of."""

_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Finite = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ReportError(ValueError):
    """A file is no report; the message says what is wrong with it."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MeasuredFile(_Part):
    """A GGUF file, and how well it foretells the text.

    Attributes:
        name: of the file.
        size: bytes of the file.
        sha256: of the file, in hex digits.
        bits_per_weight: bits of all tensors, over weights.
        perplexity: exp of the mean negative log-probability of the tokens that were scored.
    """

    name: str
    size: Annotated[int, Field(gt=0)]
    sha256: _Sha256
    bits_per_weight: _Finite
    perplexity: _Finite


class MeasuredText(_Part):
    """The text that was measured on; it should be one that the model was not trained on.

    Attributes:
        sha256: in hex digits.
        size: bytes of UTF-8.
        scored: tokens whose probability counts.
        window: tokens that are seen together; the first half of a window is context only, as in
            llama-perplexity: https://github.com/ggml-org/llama.cpp/tree/master/tools/perplexity
    """

    sha256: _Sha256
    size: Annotated[int, Field(gt=0)]
    scored: Annotated[int, Field(gt=0)]
    window: Annotated[int, Field(gt=0)]


class Fallback(_Part):
    """A tensor whose rows the preset's type does not divide.

    Attributes:
        tensor: its name.
        row: weights of a row.
        wanted: the preset's type for it.
        used: the type that it has instead.
    """

    tensor: str
    row: int
    wanted: str
    used: str


class QuantizationReport(_Part):
    """The measurements of a quantized file against its source: losses, size, speed and memory.

    Attributes:
        version: of this layout.
        preset: such as Q4_K_M.
        source: the file of floats.
        target: the quantized file.
        text: what was measured on.
        kl_mean: mean Kullback-Leibler divergence of the next token's distribution, source from
            target, in nats. First of all figures: perplexity may fall while this rises.
        kl_p99: the same divergence's 99th percentile.
        same_top: share of positions at which both hold the same token for the likeliest.
        tokens_per_second: text that the quantized file reads through on this machine.
        peak_memory_bytes: of the process that did so.
        threads: of that process.
        engine: llama.cpp's build, by the wheel's name and version.
        fallbacks: tensors of another type than the preset's.
    """

    version: Literal[1] = 1
    preset: str
    source: MeasuredFile
    target: MeasuredFile
    text: MeasuredText
    kl_mean: _Finite
    kl_p99: _Finite
    same_top: Annotated[float, Field(ge=0, le=1)]
    tokens_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    peak_memory_bytes: Annotated[int, Field(gt=0)]
    threads: Annotated[int, Field(gt=0)]
    engine: str
    fallbacks: tuple[Fallback, ...] = ()

    def check_of(self, files: Collection[str]) -> None:
        """Refuse a report of another model.

        Args:
            files: SHA-256 of each of the model's files, in hex digits.

        Raises:
            ReportError: The quantized file is none of them.
        """
        if self.target.sha256 not in files:
            raise ReportError(
                f"report: got one of {self.target.name} (SHA-256 {self.target.sha256}); must be of "
                "a file of the model that is registered"
            )

    def write(self, path: Path) -> None:
        """Write the report as JSON."""
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a report.

        Raises:
            ReportError: The file cannot be read, or is no report.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ReportError(f"{path}: {error.strerror}; must be a readable file") from error
        except ValidationError as error:
            found = error.errors()[0]
            place = ".".join(map(str, found["loc"]))
            raise ReportError(f"{path}: {place}: {found['msg']}; must be a report") from None
