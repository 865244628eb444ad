"""A model: its shape, the bytes of its weights, and where each was read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from model_artifacts.inspection.shape import ModelShape
from planner.errors import PlanError
from planner.models.quantization import BF16, Format, stored_bytes


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model to serve.

    Attributes:
        name: as it was asked for.
        source: where its shape was read, in words.
        shape: of its layers.
        format: of the stored weights.
        weights_bytes: of all weights, on all GPUs together.
        expert_bytes: of them, those of routed experts.
        embedding_bytes: of them, the input embeddings, of which a step reads a row a token.
        exact: whether the bytes come from the files' headers, or from the shape.
    """

    name: str
    source: str
    shape: ModelShape
    format: Format
    weights_bytes: int
    expert_bytes: int
    embedding_bytes: int
    exact: bool = False

    @property
    def active_share(self) -> float:
        """Share of the routed experts that one token goes through; 1 without experts."""
        shape = self.shape
        return shape.experts_per_token / shape.experts if shape.experts else 1.0

    @property
    def active_parameters(self) -> float:
        """Weights that one token is multiplied with."""
        counted = self.shape.parameters
        return counted.total - counted.embedding - counted.experts * (1 - self.active_share)

    def check_context(self, tokens: int) -> None:
        """Refuse requests that are longer than the model was made for.

        Raises:
            PlanError: they are.
        """
        most = self.shape.context_length
        if most is not None and tokens > most:
            raise PlanError(
                f"context: got {tokens} tokens for {self.name}, which was made for at most {most}; "
                "must be shorter, or another model"
            )

    def quantized(self, to: Format) -> Self:
        """Return the model with its weights in another format.

        Raises:
            PlanError: the weights are stored quantized already.
        """
        if to == self.format:
            return self
        if self.format != BF16:
            raise PlanError(
                f"quantization: got {to.name!r} for {self.name}, whose weights are stored as "
                f"{self.format.name}; must be left out, or a model of 16-bit floats"
            )
        total, experts, embedding = stored_bytes(self.shape.parameters, to)
        return replace(
            self,
            format=to,
            weights_bytes=total,
            expert_bytes=experts,
            embedding_bytes=embedding,
            exact=False,
        )


def described(name: str, source: str, shape: ModelShape, stored: Format) -> Model:
    """Return a model whose bytes follow from its shape."""
    total, experts, embedding = stored_bytes(shape.parameters, stored)
    return Model(
        name=name,
        source=source,
        shape=shape,
        format=stored,
        weights_bytes=total,
        expert_bytes=experts,
        embedding_bytes=embedding,
    )
