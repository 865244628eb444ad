"""The models that requests may name: one that the engine was started with, and its adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_api.errors import UnknownModelError
from lambda_api.settings import Settings


@dataclass(frozen=True)
class ServedModels:
    """A base model and its adapters, by the names that clients put in `model`.

    Attributes:
        base: The name of the base.
        selectors: The fields that select each model in a request to the engine; without adapters
            there are none.
    """

    base: str
    selectors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> ServedModels:
        """Return the models of a stage."""
        return cls(settings.model_id, settings.model_selectors)

    @property
    def ids(self) -> list[str]:
        """The names, the base's first."""
        return list(dict.fromkeys([self.base, *self.selectors]))

    def check(self, requested: str) -> None:
        """Refuse a model that is not served.

        Raises:
            UnknownModelError: It is not.
        """
        if requested not in self.ids:
            raise UnknownModelError(requested, *self.ids)

    def selecting(self, requested: str) -> Mapping[str, Any]:
        """Return the fields that select a model.

        Raises:
            UnknownModelError: The model is not served.
        """
        self.check(requested)
        return self.selectors.get(requested, {})

    def adapter_in(self, payload: Mapping[str, Any]) -> str | None:
        """Return the adapter that a request to the engine selects; None if it is the base."""
        for name in self.ids[1:]:
            if self.selectors[name].items() <= payload.items():
                return name
        return None
